-- The house as it begins: who owns what, who may come in, what was written, and what was played.
--
-- Every table names its organisation from the first day on, so that no later change has to guess whose a row is.
-- Times are integer milliseconds UTC. What happened in a session is `fact`, which is only ever inserted; `seat` and
-- `answer` are the same story as plain rows, written in the same transaction, for people who ask in SQL.

create table organisation (
    id integer primary key,
    name text not null,
    created_at_ms integer not null,
    constraint organisation_name_length check (length(name) between 1 and 100)
) strict;

create table admin (
    id integer primary key,
    organisation_id integer not null references organisation (id),
    email text not null, -- in lower case
    name text not null,
    role text not null,
    password_hash text not null, -- a PHC string with its own salt and parameters
    created_at_ms integer not null,
    constraint admin_email_once unique (email),
    constraint admin_name_length check (length(name) between 1 and 100),
    constraint admin_role_known check (role in ('owner', 'admin', 'host', 'viewer'))
) strict;

-- For deleting an organisation, and for its list of admins.
create index admin_by_organisation on admin (organisation_id);

create table login (
    key text not null, -- SHA-256 of the cookie's value, in hexadecimal: a stolen table opens no door
    organisation_id integer not null references organisation (id) on delete cascade,
    admin_id integer not null references admin (id) on delete cascade,
    record text not null, -- JSON
    ends_at_ms integer not null, -- however much it is used
    idle_until_ms integer not null, -- moves on with use
    constraint login_key primary key (key)
) strict, without rowid;

-- For ending all logins of an admin.
create index login_by_admin on login (admin_id);

create table quiz (
    id integer primary key,
    organisation_id integer not null references organisation (id),
    version integer not null, -- counts saves
    title text not null,
    description text not null,
    language text not null,
    question_count integer not null,
    problem_count integer not null,
    body text not null, -- the whole quiz, JSON
    created_at_ms integer not null,
    changed_at_ms integer not null,
    constraint quiz_version_positive check (version > 0)
) strict;

-- For the list of quizzes, newest first.
create index quiz_by_organisation on quiz (organisation_id, changed_at_ms);

create table session (
    id integer primary key,
    organisation_id integer not null references organisation (id),
    quiz_id integer references quiz (id) on delete set null, -- what is played is a copy, in the first fact
    admin_id integer references admin (id) on delete set null,
    title text not null,
    code text not null,
    opened_at_ms integer not null,
    closed_at_ms integer -- null while it is open
) strict;

-- One open session to a code; a code is free again when its session is over.
create unique index session_code_open on session (code) where closed_at_ms is null;
-- For an organisation's list of sessions, and for deleting what they were made from.
create index session_by_organisation on session (organisation_id, opened_at_ms);
create index session_by_quiz on session (quiz_id);
create index session_by_admin on session (admin_id);

create table fact (
    session_id integer not null references session (id),
    no integer not null, -- from 1 without gaps
    organisation_id integer not null,
    at_ms integer not null,
    kind text not null,
    command_id text, -- the command that asked for it, if it was one
    body text, -- JSON; null where the kind says it all
    constraint fact_no_once primary key (session_id, no)
) strict, without rowid;

create table seat (
    session_id integer not null references session (id),
    seat integer not null,
    organisation_id integer not null,
    name text not null,
    taken_at_ms integer not null,
    left_at_ms integer, -- null while it is in the room
    is_blocked integer not null default 0,
    constraint seat_once primary key (session_id, seat)
) strict, without rowid;

create table answer (
    session_id integer not null references session (id),
    turn integer not null,
    seat integer not null,
    organisation_id integer not null,
    choice text not null, -- places of the options from 0, a JSON list
    received_at_ms integer not null,
    elapsed_ms integer not null, -- what counts: from the opening of the options, less what was credited
    credited_ms integer not null,
    command_id text not null,
    constraint answer_once primary key (session_id, turn, seat),
    constraint answer_of_a_seat foreign key (session_id, seat) references seat (session_id, seat)
) strict, without rowid;
