-- What programs sign in with, and what ended before its time.

create table token_grant (
    id integer primary key autoincrement, -- never given out twice, because access tokens name it
    organisation_id integer not null references organisation (id) on delete cascade,
    admin_id integer not null references admin (id) on delete cascade,
    family_hash text not null, -- SHA-256 of what all refresh tokens of the grant have in common, in hexadecimal
    refresh_hash text not null, -- SHA-256 of the rest of the one that is good now
    begun_at_ms integer not null,
    ends_at_ms integer not null, -- however often it is renewed
    constraint token_grant_family_once unique (family_hash)
) strict;

-- For ending all grants of an account, and the oldest where there are too many.
create index token_grant_by_admin on token_grant (admin_id, id);
-- For deleting an organisation.
create index token_grant_by_organisation on token_grant (organisation_id);

-- Every process that serves reads on here once a second, so that what one has ended is ended in all. A row is kept until
-- nothing can be left of what it ended.
create table ending (
    no integer primary key autoincrement, -- the place to read on from
    kind text not null,
    what text not null, -- the id of the grant or account, or the key of the login
    at_ms integer not null,
    constraint ending_kind_known check (kind in ('grant', 'login', 'account'))
) strict;

-- For sweeping.
create index ending_by_time on ending (at_ms);
