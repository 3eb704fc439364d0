-- What people wrote to each other in a room whose host had messages kept.
--
-- The log holds that somebody wrote, and never what: facts stay, and a text must be able to go. It goes when the host
-- takes the message away or ends the keeping, and on the day that the session names.

alter table session add column chat_kept_until_ms integer; -- null while messages are not kept

-- For finding what is to be deleted by now.
create index session_by_chat_end on session (chat_kept_until_ms) where chat_kept_until_ms is not null;

create table chat (
    session_id integer not null,
    no integer not null, -- of the fact that says who wrote it, and when
    organisation_id integer not null,
    message integer not null,
    seat integer, -- null for a host
    sent_at_ms integer not null,
    text text not null,
    constraint chat_once primary key (session_id, no),
    constraint chat_message_once unique (session_id, message),
    constraint chat_of_a_fact foreign key (session_id, no) references fact (session_id, no),
    constraint chat_of_a_seat foreign key (session_id, seat) references seat (session_id, seat)
) strict, without rowid;
