-- Whom an organisation knows by name, to be invited to timed sessions, and what changed about them lately.

create table person (
    id integer primary key autoincrement, -- never given out twice, because links and exports name it
    organisation_id integer not null references organisation (id) on delete cascade,
    version integer not null, -- counts saves
    first_name text not null,
    last_name text not null, -- may be empty
    email text, -- in lower case; null if there is none
    tags text not null, -- a JSON list, in the order of the alphabet
    sort_name text not null, -- last and first name in small letters: what lists are sorted by
    search_text text not null, -- names, address and tags in small letters: what is searched in
    created_at_ms integer not null,
    changed_at_ms integer not null,
    constraint person_version_positive check (version > 0),
    constraint person_email_once unique (organisation_id, email)
) strict;

-- For the list, newest first, and for its pages.
create index person_by_organisation on person (organisation_id, id);
-- For the list in the order of names.
create index person_by_name on person (organisation_id, sort_name, id);

-- By which people are found together. The person's row holds them as well, so that a page of people is one statement.
create table person_tag (
    organisation_id integer not null,
    tag text not null,
    person_id integer not null references person (id) on delete cascade,
    constraint person_tag_once primary key (organisation_id, tag, person_id)
) strict, without rowid;

-- For writing a person's tags anew.
create index person_tag_by_person on person_tag (person_id);

-- What changed, in the order in which it did, written in the same transaction. Every process that serves tells its admins
-- from here; a row is kept until all of them have read it, and a person's rows go with the person.
create table person_change (
    no integer primary key autoincrement, -- the place to read on from
    organisation_id integer not null,
    person_id integer not null,
    body text not null, -- the event, JSON
    at_ms integer not null
) strict;

-- For reading on.
create index person_change_by_organisation on person_change (organisation_id, no);
-- For sweeping, and for forgetting somebody.
create index person_change_by_time on person_change (at_ms);
create index person_change_by_person on person_change (person_id);
