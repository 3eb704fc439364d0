-- Who did what and when, how colleagues are invited, and who signs in with another house's word for it.

create table audit (
    no integer primary key autoincrement, -- the place to read on from
    organisation_id integer not null references organisation (id) on delete cascade,
    at_ms integer not null,
    actor_kind text not null,
    actor_id integer, -- the account; it may be gone, and no name stands here, so nothing has to be taken back then
    area text not null, -- the group of the action, for looking at one kind of thing
    action text not null,
    subject_kind text not null,
    subject_id integer not null, -- it may be gone
    detail text, -- JSON; null where the action says it all
    constraint audit_actor_known check (actor_kind in ('account', 'command_line', 'system')),
    constraint audit_actor_named check ((actor_kind = 'account') = (actor_id is not null))
) strict;

-- What was written down stays as it was written, until its time is over.
create trigger audit_is_not_rewritten
before update on audit
begin
    select raise(abort, 'the audit log is only appended to');
end;

-- For the list, newest first, whole or of one area, and for its pages.
create index audit_by_organisation on audit (organisation_id, no);
create index audit_by_area on audit (organisation_id, area, no);
-- For what one account did, and what was done to it.
create index audit_by_actor on audit (organisation_id, actor_id, no);
create index audit_by_subject on audit (organisation_id, subject_kind, subject_id, no);
-- For sweeping.
create index audit_by_time on audit (at_ms);

alter table login add column begun_at_ms integer not null default 0;
alter table login add column browser text not null default ''; -- in words, such as "Firefox on Windows"
update login set begun_at_ms = coalesce(json_extract(record, '$.begun_at_ms'), 0);

alter table token_grant add column used_at_ms integer not null default 0; -- begun, or renewed last
update token_grant set used_at_ms = begun_at_ms;

alter table admin add column seen_at_ms integer; -- null if nobody has signed in with it since this is kept

-- A link by which a colleague makes an account. Rows stay for a while after their end, so that who comes late is told why.
create table colleague_invite (
    id integer primary key autoincrement,
    organisation_id integer not null references organisation (id) on delete cascade,
    secret_hash text not null, -- SHA-256 of the secret part of the link, in hexadecimal
    role text not null,
    email text, -- in lower case; null if anybody may use it who has the link
    made_by integer references admin (id) on delete set null, -- null if the command line did, or the account is gone
    made_at_ms integer not null,
    ends_at_ms integer not null,
    used_at_ms integer,
    revoked_at_ms integer,
    constraint colleague_invite_secret_once unique (secret_hash),
    constraint colleague_invite_role_known check (role in ('owner', 'admin', 'host', 'viewer', 'member'))
) strict;

-- For the list of those that are open, newest first.
create index colleague_invite_by_organisation on colleague_invite (organisation_id, id);
-- For taking back those of an account that may not make them any more.
create index colleague_invite_by_maker on colleague_invite (made_by);

-- Who an account is elsewhere. Source: OpenID Connect Core 1.0, 2: subject is unique within issuer, and nothing else is.
create table identity (
    issuer text not null,
    subject text not null,
    organisation_id integer not null references organisation (id) on delete cascade,
    admin_id integer not null references admin (id) on delete cascade,
    linked_at_ms integer not null,
    constraint identity_once primary key (issuer, subject)
) strict, without rowid;

-- For the page of an account, and for who comes from elsewhere under an address that is known.
create index identity_by_admin on identity (admin_id);
