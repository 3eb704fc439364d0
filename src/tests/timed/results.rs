//! What is left for spreadsheets and programs: every answer of whom it is about, nothing of others, nothing that runs.

use http::StatusCode;
use serde_json::{Value, json};

use crate::bots::visitor::Visitor;
use crate::domain::ids::SeatId;
use crate::domain::time::Millis;
use crate::protocol::timed::Transcript;
use crate::tests::house::{folder, on_runtime};
use crate::tests::timed::{Place, ask};

/// What a spreadsheet would run.
const FORMULAS: [&str; 3] = ["=cmd|' /C calc'!A0", "@SUM(1+1)*2", "-2+3, \"quoted\""];

async fn text(visitor: &mut Visitor, path: &str) -> (StatusCode, String) {
    let answer = visitor.get(path).await.expect("the house answers");
    (answer.status(), String::from_utf8_lossy(answer.body()).into_owned())
}

fn read_csv(text: &str) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.into_records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// What the page of a result starts from; the attempt that is shown with how many points it has and whether it is over.
async fn shown(place: &mut Place, seat: SeatId, attempt: Option<u32>) -> (Value, Value, bool) {
    let asked = json!({ "id": place.session, "seat": seat, "attempt": attempt });
    let (status, result) = place.ask("seat_result", asked).await;
    assert_eq!(status, StatusCode::OK, "{result}");
    let (shown, summary) = (&result["transcript"], &result["transcript"]["summary"]);
    (summary["attempt"].clone(), summary["score"].clone(), !shown["ended_at"].is_null())
}

#[test]
fn a_result_is_of_the_attempt_that_counts_also_while_another_one_runs() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("attempts", "3")]).await;
        let ada = place.invite("Ada").await;
        let mut browser = place.started(&ada).await;
        let (running, _, is_over) = shown(&mut place, ada.seat, None).await;
        assert_eq!((running, is_over), (json!(1), false), "there is no other");
        place.does(&mut browser, "finish", &[]).await;
        place.does(&mut browser, "start", &[]).await;
        place.does(&mut browser, "answer", &[("turn", "1"), ("choice", "1")]).await;
        place.does(&mut browser, "finish", &[]).await;
        let best = shown(&mut place, ada.seat, None).await;
        let score = place.row(ada.seat).await.score;
        assert_eq!(best, (json!(2), json!(score), true), "what the list says");
        assert!(score.is_some_and(|score| score > 0), "{score:?}");
        place.does(&mut browser, "start", &[]).await;
        assert_eq!(shown(&mut place, ada.seat, None).await, best);
        assert_eq!(shown(&mut place, ada.seat, Some(3)).await, (json!(3), json!(0), false));
        for (attempt, is_over) in [(2, true), (3, false)] {
            let path = format!("/sessions/{}/seats/{}?attempt={attempt}", place.session, ada.seat);
            let (status, page) = text(&mut place.admin, &path).await;
            assert_eq!(status, StatusCode::OK);
            let told = (page.contains(">Time<"), page.contains("still under way"));
            assert_eq!(told, (is_over, !is_over), "how long it takes is known afterwards: {page}");
        }
    });
}

#[test]
fn results_hold_every_answer_of_everybody_and_no_formula() {
    let folder = folder();
    on_runtime(async {
        let mut place = Place::open(folder.path(), &[("attempts", "2"), ("shuffles_options", "on")]).await;
        let mut guests = Vec::new();
        for (number, name) in (1_u32..).zip(FORMULAS) {
            let guest = place.invite(name).await;
            let mut browser = place.started(&guest).await;
            for turn in 1..=number {
                let page = place.page(&mut browser).await.page.expect("a question");
                // Everybody chooses their own option, the right one only the first.
                let wanted = format!("{turn}.{number}");
                let choice = page.options.iter().position(|option| *option == wanted).expect("an option").to_string();
                let (turn, next) = (turn.to_string(), (turn + 1).min(3).to_string());
                let fields = [("turn", turn.as_str()), ("choice", choice.as_str()), ("go_to", next.as_str())];
                assert_eq!(place.does(&mut browser, "answer", &fields).await, "");
            }
            place.does(&mut browser, "finish", &[]).await;
            guests.push((guest, browser));
        }
        // The second of them tries once more, and answers nothing.
        let (second, browser) = &mut guests[1];
        place.does(browser, "start", &[]).await;
        place.does(browser, "finish", &[]).await;

        let paths = [
            format!("/sessions/{}/results.csv", place.session),
            format!("/sessions/{}/seats/{}/transcript.json?attempt=1", place.session, second.seat),
            format!("/sessions/{}/seats/{}/transcript.csv?attempt=1", place.session, second.seat),
            format!("/sessions/{}/seats/{}/transcript.json", place.session, second.seat),
        ];
        let mut admin = place.admin.clone();
        let mut before = Vec::new();
        for path in &paths {
            let (status, text) = text(&mut admin, path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {text}");
            before.push(text);
        }
        let rows = read_csv(&before[0]);
        let told: Vec<Vec<&str>> =
            rows[1..].iter().map(|row| [0, 1, 3, 5, 7, 8].map(|at| row[at].as_str()).to_vec()).collect();
        let mut expected = Vec::new();
        for (seat, name) in (1_u32..).zip(FORMULAS) {
            for question in 1..=seat {
                expected.push([
                    seat.to_string(),
                    format!("'{name}"),
                    "1".to_owned(),
                    question.to_string(),
                    format!("{question}.{seat}"),
                    format!("{question}.1"),
                ]);
            }
        }
        assert_eq!(told, expected);
        for cell in rows.iter().chain(&read_csv(&before[2])).flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }

        let first: Transcript = serde_json::from_str(&before[1]).expect("a transcript");
        let given: Vec<Vec<String>> = first
            .lines
            .iter()
            .map(|line| {
                let places = line.given.last().map(|given| given.choice.places().collect::<Vec<_>>());
                places.unwrap_or_default().into_iter().map(|place| line.options[place].clone()).collect()
            })
            .collect();
        assert_eq!(given, [vec!["1.2".to_owned()], vec!["2.2".to_owned()], vec![]]);
        assert!(first.lines.iter().all(|line| line.solution.is_some()), "hosts see what was right");
        let last: Transcript = serde_json::from_str(&before[3]).expect("a transcript");
        assert!(last.lines.iter().all(|line| line.given.is_empty()), "the last attempt unless it is named");
        for other in [FORMULAS[0], FORMULAS[2]] {
            assert!(!before[1].contains(other) && !before[2].contains(other), "{other} is somebody else's");
        }

        let base = format!("/sessions/{}", place.session);
        let unknown = [
            "/sessions/99/results.csv".to_owned(),
            format!("{base}/seats/99/transcript.json"),
            format!("{base}/seats/2/transcript.json?attempt=3"),
            format!("{base}/seats/2/transcript.csv?attempt=0"),
            format!("{base}/seats/1/transcript.csv?attempt=2"),
            format!("/sessions/99/seats/{}/transcript.json", second.seat),
        ];
        let seat = second.seat;
        for is_closed in [false, true] {
            if is_closed {
                place.close().await;
                place.pass(Millis(601_000));
                place.until_gone().await;
                // Their own link and their own browser lead them to it still.
                place.browser(&guests[1].0).await;
                let (status, own) =
                    ask(&mut guests[1].1, "own_result", json!({ "code": place.code, "attempt": 2 })).await;
                assert_eq!(status, StatusCode::OK, "{own}");
                let (_, entry) = ask(&mut guests[1].1, "own_seat", json!({ "code": place.code })).await;
                let seat = &entry["Seated"];
                assert_eq!((&seat["position"], &seat["seat"]["attempt"]), (&json!(null), &json!(2)), "{entry}");
                for (path, before) in paths.iter().zip(&before) {
                    let (status, after) = text(&mut admin, path).await;
                    assert_eq!((status, &after), (StatusCode::OK, before), "{path}");
                }
            }
            for path in &unknown {
                assert_eq!(text(&mut admin, path).await.0, StatusCode::NOT_FOUND, "{path}");
            }
            let asked = |seat: u32, attempt: Value| json!({ "id": place.session, "seat": seat, "attempt": attempt });
            let (status, result) = ask(&mut admin, "seat_result", asked(seat.0, json!(null))).await;
            assert_eq!((status, &result["attempts"]), (StatusCode::OK, &json!([1, 2])), "{result}");
            assert_eq!(result["transcript"]["summary"]["attempt"], json!(1), "of equals the first counts");
            for (seat, attempt) in [(99, json!(null)), (seat.0, json!(3)), (seat.0, json!(0))] {
                let (status, _) = ask(&mut admin, "seat_result", asked(seat, attempt.clone())).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{seat} {attempt}");
            }
        }
        let mut stranger = place.house.visitor();
        for path in paths.iter() {
            let answer = stranger.get(path).await.expect("the house answers");
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
            let seated = guests[1].1.get(path).await.expect("the house answers");
            assert_eq!(seated.status(), StatusCode::SEE_OTHER, "a seat is no account: {path}");
        }
    });
}
