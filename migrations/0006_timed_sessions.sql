-- Sessions in which everybody goes by a clock of their own, and who has a seat in them.
--
-- What happened is in `fact`, as for live rooms. `timed_seat` and `timed_answer` are the same story as plain rows, written
-- in the same transaction. A name stands here and in no fact, so that it can go.

alter table session add column pace text not null default 'host' constraint session_pace_known check (pace in ('host', 'own'));

create table timed_seat (
    session_id integer not null references session (id),
    seat integer not null,
    organisation_id integer not null,
    person_id integer references person (id), -- null for who came by the code
    name text not null,
    link integer not null, -- counts links: only the last one holds
    fact integer not null, -- the number of the last fact about it
    state text not null,
    attempt integer not null, -- 0 before the first
    attempts_left integer not null,
    answered integer not null, -- in that attempt
    total integer not null, -- questions
    started_at_ms integer,
    deadline_ms integer, -- null without a limit, while the clock is stopped, and while none runs
    stopped_with_ms integer, -- what is left while the clock is stopped
    ended_at_ms integer,
    score integer, -- of the best attempt that is over
    last_at_ms integer,
    constraint timed_seat_once primary key (session_id, seat),
    constraint timed_seat_state_known check (
        state in ('invited', 'opened', 'active', 'paused', 'finished', 'expired', 'revoked')
    )
) strict, without rowid;

-- For what somebody was invited to last, and for deleting them.
create index timed_seat_by_person on timed_seat (person_id, session_id) where person_id is not null;

create table timed_answer (
    session_id integer not null,
    seat integer not null,
    attempt integer not null,
    question integer not null, -- its place in the session's quiz, from 1
    organisation_id integer not null,
    turn integer not null, -- its place in the order in which this seat was asked, from 1
    choice text not null, -- places of the options in the quiz, from 0, a JSON list
    changes integer not null, -- answers that were given before this one
    received_at_ms integer not null,
    points integer not null,
    constraint timed_answer_once primary key (session_id, seat, attempt, question),
    constraint timed_answer_of_a_seat foreign key (session_id, seat) references timed_seat (session_id, seat)
) strict, without rowid;
