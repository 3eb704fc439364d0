//! What stands around every page of an admin: where one can go, who one is, the way out.
//!
//! A bar at the side where there is room, at the top on phones. It knows the sections that work, and nothing of their
//! contents.

use leptos::prelude::*;

use crate::api::admin::Me;
use crate::domain::role::Right;
use crate::ui::address::address;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::logo::Logo;

/// A section of the work pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Quizzes and the rooms opened from them.
    Quizzes,
    /// What people go through by themselves, each with a time of their own.
    Sessions,
    /// Whom the organisation knows by name.
    People,
    /// Those who may sign in.
    Accounts,
    /// One's own account; who one is leads there.
    Account,
}

impl Section {
    const ALL: [Self; 4] = [Self::Quizzes, Self::Sessions, Self::People, Self::Accounts];

    fn name(self) -> &'static str {
        match self {
            Self::Quizzes => "Quizzes",
            Self::Sessions => "Timed sessions",
            Self::People => "People",
            Self::Accounts => "Accounts",
            Self::Account => "Your account",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Quizzes => "/quizzes",
            Self::Sessions => "/sessions",
            Self::People => "/people",
            Self::Accounts => "/accounts",
            Self::Account => "/account",
        }
    }

    /// What one must be allowed to see it.
    fn right(self) -> Right {
        match self {
            Self::Quizzes | Self::Sessions | Self::Account => Right::Look,
            Self::People => Right::ManagePeople,
            Self::Accounts => Right::ManageAccounts,
        }
    }
}

/// The frame of a work page. The page itself is inside `<main>`.
#[component]
pub fn AdminShell(
    /// Who is signed in.
    me: Me,
    /// The section that the page belongs to.
    section: Section,
    /// The page.
    children: Children,
) -> impl IntoView {
    let link = |target: Section| {
        let current = (target == section).then_some("true");
        view! { <li><a href=address(target.path()) aria-current=current>{target.name()}</a></li> }
    };
    let is_own = (section == Section::Account).then_some("page");
    let sections = Section::ALL.into_iter().filter(|section| me.role.may(section.right()));
    view! {
        <div class="admin-shell" data-theme="auto">
            <header class="side" data-tone="dark">
                <a class="home" href=address("/quizzes") aria-label="Podium, your quizzes"><Logo/></a>
                <nav aria-label="Sections">
                    <ul class="sections">{sections.map(link).collect_view()}</ul>
                </nav>
                <div class="way-out">
                    <Form id="sign-out" action="/logout">
                        <SubmitButton label="Sign out" pending="Signing out…" class="button quiet"/>
                    </Form>
                </div>
            </header>
            <main id="content" tabindex="-1">{children()}</main>
            <footer class="who" data-tone="dark">
                <p class="organisation"><bdi>{me.organisation}</bdi></p>
                <p><a href=address("/account") title=me.email aria-current=is_own><bdi>{me.name}</bdi></a></p>
            </footer>
        </div>
    }
    .into_any()
}
