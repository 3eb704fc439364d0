-- Mail that waits to be sent, ids of sessions that no two processes give out twice, and the order in which sessions ended.

create table mail_out (
    id integer primary key autoincrement, -- never given out twice, because what it is about names it
    organisation_id integer not null references organisation (id) on delete cascade,
    recipient text not null,
    subject text not null,
    parts text, -- JSON, with the links that are in it; null as soon as it was sent or given up
    state text not null,
    tries integer not null,
    next_at_ms integer, -- when it is tried next; null when it is not
    last_error text, -- what kept it from being sent, in words
    made_at_ms integer not null,
    done_at_ms integer, -- when it was sent or given up
    constraint mail_out_state_known check (state in ('waiting', 'sent', 'failed')),
    constraint mail_out_waits_or_is_done check ((state = 'waiting') = (done_at_ms is null)),
    constraint mail_out_waits_with_parts check ((state = 'waiting') = (parts is not null)),
    constraint mail_out_waits_for_a_time check ((state = 'waiting') = (next_at_ms is not null))
) strict;

-- For what is due.
create index mail_out_by_time on mail_out (next_at_ms) where next_at_ms is not null;
-- For deleting an organisation, and for counting what waits of it.
create index mail_out_by_organisation on mail_out (organisation_id, state);
-- For sweeping.
create index mail_out_by_end on mail_out (done_at_ms) where done_at_ms is not null;

-- The last id of a session that was given out. An id comes never a second time, also when the session of the last one was
-- deleted: seats and links name it.
create table session_number (
    only_row integer primary key,
    last integer not null,
    constraint session_number_one_row check (only_row = 1)
) strict;

insert into session_number (only_row, last) select 1, coalesce(max(id), 0) from session;

-- For sweeping out sessions that ended long ago.
create index session_by_end on session (closed_at_ms) where closed_at_ms is not null;
