-- no-transaction
-- An account may also be a member, who logs in and plays and nothing else; and no id of an account comes a second time,
-- because a token names it.
--
-- SQLite cannot change a check, so the table is made anew. Foreign keys have to be off while the old one goes, or what
-- refers to it would go with it, and they can be switched only outside of a transaction. Doing all of it a second time,
-- after a start that was cut off in between, does no harm.
pragma foreign_keys = off;
begin immediate;

create table admin_new (
    id integer primary key autoincrement,
    organisation_id integer not null references organisation (id),
    email text not null, -- in lower case
    name text not null,
    role text not null,
    password_hash text not null, -- a PHC string with its own salt and parameters
    created_at_ms integer not null,
    constraint admin_email_once unique (email),
    constraint admin_name_length check (length(name) between 1 and 100),
    constraint admin_role_known check (role in ('owner', 'admin', 'host', 'viewer', 'member'))
) strict;

insert into admin_new (id, organisation_id, email, name, role, password_hash, created_at_ms)
select id, organisation_id, email, name, role, password_hash, created_at_ms
from admin;

drop table admin;
alter table admin_new rename to admin;

-- For deleting an organisation, and for its list of admins.
create index admin_by_organisation on admin (organisation_id);

commit;
pragma foreign_keys = on;
