//! The conversation in order, in words: what no schema can say.
//!
//! Sentences for people. Each chapter is short, because it is read once, by somebody who is writing a client. Words in
//! backticks are code.

/// A chapter: its title and its paragraphs.
pub type Chapter = (&'static str, &'static [&'static str]);

/// The chapters, in the order of a connection's life.
pub const CHAPTERS: &[Chapter] = &[
    (
        "Opening",
        &[
            "Ask `GET /ws/config` where the sockets are and what is allowed, or take them from here.",
            "Open a socket with `Sec-WebSocket-Protocol: podium.v1`; without it the door speaks its dialect.",
            "Show who you are: a cookie, `Authorization: Bearer`, a second subprotocol `podium.token.<access token>`, a single-use `?ticket=`, or `?token=` where nothing else is possible. The first of ticket, bearer, subprotocol, `?token=` and cookie that is there decides.",
            "A page of another site gets 403 and no socket. A credential that is no good gets a socket that closes at once with 1008 and the reason, and not one frame before it. A full server answers 503 with `Retry-After`.",
        ],
    ),
    (
        "The envelope",
        &[
            "Every frame is one JSON object in a text frame: `type`, `data`, `timestamp` (RFC 3339 in UTC), with `room` on what belongs to a room, `seq` on events and `correlation_id` on replies.",
            "Sending, `payload` is taken for `data`, and without either the fields may stand beside the type. A `timestamp` of yours is not read.",
            "Times inside `data` are milliseconds since 1970, on the server's clock; lengths are milliseconds.",
            "Skip types and fields that you do not know: a newer server may say more. If an unknown message has a `seq`, count it.",
        ],
    ),
    (
        "Welcome, snapshot, replay",
        &[
            "The first frame is always `connected`: who you are, your audience, and your position, which is `epoch` and `seq`.",
            "If `recovered` is false, a `snapshot` follows: the whole view and the position up to which it has everything. Throw away what you had.",
            "If it is true, what you missed follows, each event once and in order, beginning with the one after your position.",
            "After either comes the state that is due, and for a seat its own `score_update`.",
        ],
    ),
    (
        "Events",
        &[
            "Events are numbered for your audience from 1 and without gaps. After `seq` comes `seq + 1`; anything else is a hole: close, and come back with your position.",
            "Keep `epoch` and `seq`. Come back with `?epoch=…&seq=…` on a room's door, or with `position` in `join_session`. Another epoch, or an event that is not kept any more, gets a snapshot: recovery is whole or says that it is not.",
        ],
    ),
    (
        "State",
        &[
            "State messages have no number. Only the latest of each type counts; replace what you had. They come at most a few times a second, and only when something changed.",
        ],
    ),
    (
        "Commands and replies",
        &[
            "Make up a `correlation_id` of 1 to 64 printable ASCII characters for every command. Answers and host commands need one.",
            "A reply carries the id. No reply? Send the same command with the same id again, on this connection or the next: it is not done twice, and its first result is told again.",
            "An answer is on disk when `answer_taken` comes. A host's command names the `step` that it was made for; if the room has gone on, it is refused with `moved_on`.",
            "What is refused is answered with `error`: `code`, `error`, `timestamp`, `recoverable`, `help`. The connection goes on. Who keeps sending too much is closed with 4429.",
            "Scores come from the server alone; a client that sends `score_update` is refused.",
        ],
    ),
    (
        "Signs of life",
        &[
            "The server sends pings of the WebSocket protocol; answer them with pongs, as every library does by itself. They also measure the round trip that is taken off an answer's time.",
            "Nothing read from you for four thirds of `heartbeat_ms` closes the connection; do the same with the server. You may send `ping`; its `pong` carries the server's time, which gives you the offset for countdowns.",
        ],
    ),
    (
        "Renewal",
        &[
            "An access token ends. A while before, `refresh` tells when: ask `POST /api/v1/auth/refresh` for a new one and send it as `refresh`, or send your refresh token and get the next pair in `refreshed`. Otherwise the connection ends with 4401.",
        ],
    ),
    (
        "Several sessions on one connection",
        &[
            "On a person's own connection `join_session` enters one more session, which greets with a `connected` and snapshot of its own; every frame names its `room`. Commands that name no session mean the one that was entered last.",
        ],
    ),
    (
        "Leaving and coming back",
        &[
            "`leave_session` leaves; on a room's door it also closes the connection. Where the server takes you out of one session of several, `left_session` comes with a reason.",
            "Every other end has a close code; below stands what to do about each. Those that are final mean: do not come back by yourself.",
            "Come back after one second, then two, four, eight and so on to at most thirty, each with up to a second of chance, and begin anew after a connection that held. A `retry_ms=` in the reason of 1012 goes first.",
        ],
    ),
];
