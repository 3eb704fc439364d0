-- Which personal link a mail holds: nobody is sent the same link twice at once, and none that does not hold any more.

alter table mail_out add column session_id integer; -- these three are null in a mail without a link
alter table mail_out add column seat integer;
alter table mail_out add column link integer; -- counts links of the seat, as in timed_seat

-- For looking whether a link is on its way, and for forgetting a seat.
create index mail_out_by_seat on mail_out (session_id, seat) where session_id is not null;
