//! The tables of `server/routes.rs` against the house: nothing is missing from them, and what they say is what happens.

use http::{Method, StatusCode, header};
use leptos::server_fn::axum::server_fn_paths;

use crate::bots::visitor::{Ended, Visitor};
use crate::domain::role::Role;
use crate::protocol::close::Close;
use crate::protocol::message::Message;
use crate::serve::PAGE_PATHS;
use crate::server::routes::{DOORS, FUNCTIONS, Guard, PAGES, guard_of_page, of_function};
use crate::tests::house::{House, Seated, folder, on_runtime, quiz};

#[test]
fn every_page_and_function_is_in_the_table() {
    let pages = &*PAGE_PATHS;
    for page in pages {
        assert!(guard_of_page(page).is_some(), "the page {page} is in no table");
    }
    let names_away = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned()).collect::<Vec<_>>()
    };
    for page in PAGES {
        assert!(pages.iter().any(|there| names_away(there) == names_away(page.path)), "there is no page {}", page.path);
    }
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
        assert!(of_function(path).is_some(), "the function {path} is in no table");
    }
    for function in FUNCTIONS {
        assert!(server_fn_paths().any(|(path, _)| path == function.path), "there is no function {}", function.path);
    }
}

/// A path that the table's path stands for.
fn filled(path: &str, code: &str) -> String {
    path.replace("{code}", code).replace("{ticket}", "none").replace("{token}", "none").replace("{id}", "1")
}

/// Arguments that fit some function; for the others they are too many, which is no reason to refuse.
fn arguments(code: &str) -> String {
    format!(r#"{{"code":"{code}","ticket":"none","token":"none","id":1,"version":1}}"#)
}

struct Asked {
    status: StatusCode,
    location: String,
}

async fn check(visitor: &mut Visitor, method: &Method, path: &str) -> Asked {
    let answer = match *method {
        Method::GET => visitor.get(path).await,
        _ => visitor.post(path, &[]).await,
    };
    let answer = answer.expect("the house answers");
    let location = answer.headers().get(header::LOCATION).map(|value| value.to_str().expect("plain").to_owned());
    Asked { status: answer.status(), location: location.unwrap_or_default() }
}

#[test]
fn pages_and_doors_of_admins_lead_everybody_else_to_the_sign_in_page() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut player = house.visitor();
        player.join(code, "Ada", "r-1").await.expect("a seat");
        let asked = PAGES.iter().map(|page| (Method::GET, page.path, page.guard));
        let asked = asked.chain(DOORS.iter().map(|door| (door.method.clone(), door.path, door.guard)));
        for (method, path, guard) in asked.filter(|(_, path, _)| !["/login", "/logout"].contains(path)) {
            let path = filled(path, code.as_str());
            for (who, visitor) in [("a stranger", &mut house.visitor()), ("a player", &mut player)] {
                let Asked { status, location } = check(visitor, &method, &path).await;
                let is_led_away = status == StatusCode::SEE_OTHER && location.starts_with("/login");
                assert_eq!(
                    is_led_away,
                    matches!(guard, Guard::May(_)),
                    "{who} at {method} {path}: {status} {location}"
                );
                assert!(!status.is_server_error(), "{who} at {method} {path}: {status}");
            }
            let Asked { status, location } = check(&mut admin, &method, &path).await;
            assert!(
                !location.starts_with("/login?") && !status.is_server_error(),
                "an admin at {method} {path}: {status}"
            );
        }
        let quizzes = house.running.house.store.quizzes(crate::domain::ids::OrganisationId(1)).await.expect("the list");
        assert_eq!(quizzes.len(), 6, "four samples, the room's, and the one that the admin made");
    });
}

#[test]
fn functions_of_admins_refuse_everybody_else_before_they_read_anything() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let mut player = house.visitor();
        player.join(code, "Ada", "r-1").await.expect("a seat");
        let arguments = arguments(code.as_str());
        for function in FUNCTIONS.iter().filter(|function| function.path != "/api/delete_quiz") {
            for (who, visitor) in [("a stranger", &mut house.visitor()), ("a player", &mut player)] {
                let answer = visitor.ask(function.path, &arguments).await.expect("the house answers");
                let is_refused = answer.status() == StatusCode::UNAUTHORIZED;
                assert_eq!(
                    is_refused,
                    matches!(function.guard, Guard::May(_)),
                    "{who} at {}: {}",
                    function.path,
                    answer.status()
                );
                assert_eq!(is_refused, answer.body() == "\"NotSignedIn\"", "{who} at {}", function.path);
                assert!(!answer.status().is_server_error(), "{who} at {}: {:?}", function.path, answer.body());
            }
            let answer = admin.ask(function.path, &arguments).await.expect("the house answers");
            let status = answer.status();
            assert!(
                status != StatusCode::UNAUTHORIZED && !status.is_server_error(),
                "an admin at {}: {status}",
                function.path
            );
        }
    });
}

#[test]
fn a_member_is_told_that_the_pages_of_admins_are_not_for_them() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        house.add_account("mo@northwind.example", Role::Member).await;
        let mut member = house.signed_in("mo@northwind.example").await;
        let asked = PAGES.iter().map(|page| (Method::GET, page.path, page.guard));
        let asked = asked.chain(DOORS.iter().map(|door| (door.method.clone(), door.path, door.guard)));
        for (method, path, guard) in asked.filter(|(_, path, _)| !["/login", "/logout"].contains(path)) {
            let path = filled(path, code.as_str());
            let answer = match method {
                Method::GET => member.get(&path).await,
                _ => member.post(&path, &[]).await,
            };
            let answer = answer.expect("the house answers");
            let is_told = answer.status() == StatusCode::FORBIDDEN
                && String::from_utf8_lossy(answer.body()).contains("This page is not for your account");
            assert_eq!(is_told, matches!(guard, Guard::May(_)), "{method} {path}: {}", answer.status());
        }
        let arguments = arguments(code.as_str());
        for function in FUNCTIONS {
            let answer = member.ask(function.path, &arguments).await.expect("the house answers");
            let is_told = answer.status() == StatusCode::FORBIDDEN && answer.body() == "\"NotAllowed\"";
            assert_eq!(is_told, matches!(function.guard, Guard::May(_)), "{}: {}", function.path, answer.status());
        }
        for role in ["host", "stage"] {
            let mut seated = Seated::open(&member, code, role, None).await;
            assert_eq!(seated.until_end().await, Ended::Closed(Close::Refused), "as {role}");
        }
        member.join(code, "Mo", "r-1").await.expect("a member plays");
    });
}

#[test]
fn nobody_takes_an_accounts_seat_by_guessing_the_id_it_is_taken_with() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let id = house.add_account("mo@northwind.example", Role::Member).await;
        let seat_of = async |visitor: &Visitor| {
            let mut seated = Seated::open(visitor, code, "player", None).await;
            loop {
                if let Message::Connected(welcome) = seated.next().await.expect("the house answers").message {
                    return welcome.seat.expect("a seat");
                }
            }
        };
        let mut eve = house.visitor();
        eve.join(code, "Eve", &format!("account-{id}-0")).await.expect("a seat");
        let hers = seat_of(&eve).await;
        let his = seat_of(&house.signed_in("mo@northwind.example").await).await;
        assert_ne!(hers, his);
        let mut late = house.visitor();
        late.join(code, "Late", &format!("account-{id}-0")).await.expect("a seat");
        let theirs = seat_of(&late).await;
        assert!(theirs != his && theirs != hers, "{theirs} of {his}, {hers}");
    });
}

#[test]
fn every_other_role_works_here() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        for role in Role::ALL {
            let email = format!("{role}@northwind.example");
            house.add_account(&email, role).await;
            let mut visitor = house.signed_in(&email).await;
            let page = visitor.get("/quizzes").await.expect("the house answers").status();
            assert_eq!(page == StatusCode::OK, role.is_staff(), "{role}: {page}");
        }
    });
}

/// Each role at each row of the tables: who may not is told so, and who may is not.
#[test]
fn every_role_may_at_every_door_what_its_rights_say() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        let arguments = arguments(code.as_str());
        for role in Role::ALL {
            let email = format!("{role}@northwind.example");
            house.add_account(&email, role).await;
            let mut visitor = house.signed_in(&email).await;
            let pages = PAGES.iter().map(|page| (Method::GET, page.path, page.guard));
            for (method, path, guard) in pages.chain(DOORS.iter().map(|it| (it.method.clone(), it.path, it.guard))) {
                if let Guard::May(right) = guard {
                    let Asked { status, .. } = check(&mut visitor, &method, &filled(path, code.as_str())).await;
                    assert_eq!(status != StatusCode::FORBIDDEN, role.may(right), "{role} at {method} {path}: {status}");
                }
            }
            for function in FUNCTIONS {
                if let Guard::May(right) = function.guard {
                    let answer = visitor.ask(function.path, &arguments).await.expect("the house answers");
                    let is_refused = answer.body() == "\"NotAllowed\"";
                    assert_eq!(is_refused, !role.may(right), "{role} at {}: {}", function.path, answer.status());
                }
            }
        }
    });
}

#[test]
fn pages_are_rendered_while_other_houses_open() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        let opening = tokio::spawn(async {
            for _ in 0..3 {
                let folder = tempfile::tempdir().expect("a folder");
                House::open(folder.path()).await.running.stop().await;
            }
        });
        while !opening.is_finished() {
            let page = admin.get("/quizzes").await.expect("the house answers");
            assert!(String::from_utf8_lossy(page.body()).contains("</html>"));
        }
        opening.await.expect("houses open");
    });
}

#[test]
fn doors_of_accounts_answer_401_to_who_has_none() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let admin = house.set_up().await;
        let code = house.open_room(quiz(1)).await;
        house.add_account("mo@northwind.example", Role::Member).await;
        let member = house.signed_in("mo@northwind.example").await;
        let mut player = house.visitor();
        player.join(code, "Ada", "r-1").await.expect("a seat");
        for door in DOORS.iter().filter(|door| door.guard == Guard::Account) {
            for (mut visitor, is_account) in
                [(house.visitor(), false), (player.clone(), false), (member.clone(), true), (admin.clone(), true)]
            {
                let Asked { status, .. } = check(&mut visitor, &door.method, door.path).await;
                assert_eq!(status == StatusCode::UNAUTHORIZED, !is_account, "{}: {status}", door.path);
            }
        }
    });
}

#[test]
fn nothing_larger_than_the_table_allows_is_read() {
    let folder = folder();
    on_runtime(async {
        let mut house = House::open(folder.path()).await;
        let mut admin = house.set_up().await;
        for function in FUNCTIONS {
            let path = function.path;
            let beyond = format!(r#"{{"code":"{}"}}"#, "x".repeat(function.body_max));
            let answer = admin.ask(path, &beyond).await.expect("the house answers");
            assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        }
        let beyond = "x".repeat(20_000);
        // Two read nothing; one takes whole lists, and says in words that one is too long (`tests/people.rs`).
        let others = ["/logout", "/quizzes", "/people/import"];
        for door in DOORS.iter().filter(|door| door.method == Method::POST && !others.contains(&door.path)) {
            let answer = admin.post(door.path, &[("name", &beyond)]).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{}", door.path);
        }
    });
}
