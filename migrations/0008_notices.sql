-- What the house told its operators by itself, and who of them has read it.

create table notice (
    id integer not null, -- made of the time, by who raised it, so that it can be told before it is stored
    organisation_id integer references organisation (id) on delete cascade, -- null: about the house itself
    level text not null,
    code text not null, -- the stable name of its kind
    text text not null,
    room text, -- the code of the room that it is about, if it is about one
    at_ms integer not null,
    constraint notice_id primary key (id),
    constraint notice_level_known check (level in ('info', 'warning', 'error'))
) strict;

-- For an organisation's list, newest first, and for those of the house.
create index notice_by_organisation on notice (organisation_id, id);

-- A row for each who has read it; none for who has not.
create table notice_read (
    admin_id integer not null references admin (id) on delete cascade,
    notice_id integer not null references notice (id) on delete cascade,
    constraint notice_read_once primary key (admin_id, notice_id)
) strict, without rowid;

-- For sweeping notices.
create index notice_read_by_notice on notice_read (notice_id);
