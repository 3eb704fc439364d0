//! Which pages' code travels together.
//!
//! A player's first page, the front door, holds only what it needs itself. The code of every other page comes in one of
//! these bundles, when the first of its pages is shown or asked for ahead. A bundle is who uses it: somebody on one of its
//! pages sees the next one soon. More of them would be more files to wait for, because what two bundles share is a file too.

use leptos::prelude::*;
use leptos_router::ChooseView;

use crate::ui::pages::account::Account;
use crate::ui::pages::accounts::Accounts;
use crate::ui::pages::audit::Audit;
use crate::ui::pages::connections::Connections;
use crate::ui::pages::dashboard::Dashboard;
use crate::ui::pages::host::Host;
use crate::ui::pages::login::Login;
use crate::ui::pages::notices::Notices;
use crate::ui::pages::people::People;
use crate::ui::pages::people_import::PeopleImport;
use crate::ui::pages::person::Person;
use crate::ui::pages::play::Play;
use crate::ui::pages::quiz_editor::QuizEditor;
use crate::ui::pages::quizzes::Quizzes;
use crate::ui::pages::seat::Seat;
use crate::ui::pages::session_host::SessionHost;
use crate::ui::pages::session_invite::SessionInvite;
use crate::ui::pages::session_new::SessionNew;
use crate::ui::pages::session_result::{SessionRecord, SessionResult};
use crate::ui::pages::sessions::Sessions;
use crate::ui::pages::setup::Setup;
use crate::ui::pages::stage::Stage;
use crate::ui::pages::timed_seat::{TimedExpired, TimedLink, TimedSeat};
use crate::ui::pages::welcome::Welcome;

/// A bundle: the names of its pages, and the function that shows one of them, whose code is split off.
macro_rules! bundle {
    ($(#[$doc:meta])* $bundle:ident by $show:ident, fetched by $fetch:ident: $($page:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $bundle {
            $(
                #[doc = concat!("The page [`", stringify!($page), "`].")]
                $page,
            )+
        }

        #[lazy]
        fn $show(page: $bundle) -> AnyView {
            match page {
                $($bundle::$page => view! { <$page/> }.into_any(),)+
            }
        }

        impl ChooseView for $bundle {
            async fn choose(self) -> AnyView {
                $show(self).await
            }

            async fn preload(&self) {
                #[cfg(feature = "hydrate")]
                $fetch().await;
            }
        }
    };
}

bundle! {
    /// Who plays.
    PlayerPage by player_page, fetched by __preload_player_page: Play, Seat
}

bundle! {
    /// Who looks at a room's big picture.
    StagePage by stage_page, fetched by __preload_stage_page: Stage
}

bundle! {
    /// Who was invited to a timed session.
    TimedPage by timed_page, fetched by __preload_timed_page: TimedSeat, TimedExpired, TimedLink
}

bundle! {
    /// Who makes quizzes, hosts and looks after an organisation.
    WorkPage by work_page, fetched by __preload_work_page:
        Setup, Login, Welcome, Account, Accounts, Audit,
        Dashboard, Notices, Connections,
        Quizzes, QuizEditor, Host,
        People, PeopleImport, Person,
        Sessions, SessionNew, SessionHost, SessionInvite, SessionResult, SessionRecord,
}
