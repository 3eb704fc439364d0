//! How the house is, as small charts: each with its value now, in words for who does not see it, and as a table.
//!
//! Drawn from the readings alone, the same on the server and in the browser. It knows figures and their units, and nothing
//! of how they come.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;

use crate::domain::time::{Millis, Timestamp};
use crate::protocol::health::Health;
use crate::ui::words::{amount_of_bytes, counted, grouped, lasting, millis_of_us, percent_of_permille};

/// What a chart shows at the most.
const SPAN: Millis = Millis(300_000);
/// The box that a chart is drawn in.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 72.0;
/// Rows of a chart's table.
const ROWS: usize = 20;

/// One line of a chart.
#[derive(Clone, Copy)]
struct Series {
    name: &'static str,
    of: fn(&Health) -> Option<u64>,
}

/// What one chart shows.
#[derive(Clone, Copy)]
struct Figure {
    title: &'static str,
    series: &'static [Series],
    /// A value with its unit.
    words: fn(u64) -> String,
    /// What the chart's height stands for at the least, so that little things look little.
    height: u64,
    /// What else there is to say now.
    remark: fn(&Health) -> String,
}

const FIGURES: &[Figure] = &[
    Figure {
        title: "Processors",
        series: &[
            Series { name: "Podium", of: |health| health.process_cpu_permille.map(u64::from) },
            Series { name: "Machine", of: |health| health.machine_cpu_permille.map(u64::from) },
        ],
        words: percent_of_permille,
        height: 1_000,
        remark: |_| String::new(),
    },
    Figure {
        title: "Memory",
        series: &[
            Series { name: "Podium", of: |health| health.process_memory_bytes },
            Series { name: "Machine", of: |health| health.machine_memory_used_bytes },
        ],
        words: amount_of_bytes,
        height: 1,
        remark: |health| {
            let of = |total| format!("of {} in the machine", amount_of_bytes(total));
            health.machine_memory_total_bytes.map(of).unwrap_or_default()
        },
    },
    Figure {
        title: "Requests answered in",
        series: &[
            Series { name: "Half within", of: |health| health.request_latency.p50_us.map(u64::from) },
            Series { name: "95 % within", of: |health| health.request_latency.p95_us.map(u64::from) },
        ],
        words: millis_of_us,
        height: 20_000,
        remark: |health| during(health.request_latency.count, "request", health.over_ms),
    },
    Figure {
        title: "Answers saved in",
        series: &[
            Series { name: "Half within", of: |health| health.answer_latency.p50_us.map(u64::from) },
            Series { name: "95 % within", of: |health| health.answer_latency.p95_us.map(u64::from) },
        ],
        words: millis_of_us,
        height: 20_000,
        remark: |health| during(health.answer_latency.count, "message", health.over_ms),
    },
    Figure {
        title: "Connections",
        series: &[Series { name: "Open", of: |health| Some(health.connections.all().into()) }],
        words: plain,
        height: 10,
        remark: |health| {
            let open = &health.connections;
            let parts = [
                (open.player, "player"),
                (open.host, "host"),
                (open.stage, "stage"),
                (open.admin, "admin"),
                (open.person, "person"),
            ];
            let parts = parts.into_iter().filter(|(count, _)| *count > 0);
            parts.map(|(count, noun)| format!("{} {noun}", grouped(count))).collect::<Vec<_>>().join(", ")
        },
    },
    Figure {
        title: "Waiting",
        series: &[
            Series { name: "For rooms", of: |health| Some(health.inbox_depth.into()) },
            Series { name: "For the disk", of: |health| Some(health.writer_queue.into()) },
        ],
        words: plain,
        height: 10,
        remark: |health| format!("{} open", counted(health.rooms_open, "room")),
    },
    Figure {
        title: "Last commit took",
        series: &[Series { name: "Commit", of: |health| health.last_commit_us.map(u64::from) }],
        words: millis_of_us,
        height: 20_000,
        remark: |_| String::new(),
    },
    Figure {
        title: "Database",
        series: &[Series { name: "On disk", of: |health| health.database_bytes }],
        words: amount_of_bytes,
        height: 1,
        remark: |health| {
            let free = |free| format!("{} free", amount_of_bytes(free));
            health.disk_free_bytes.map(free).unwrap_or_default()
        },
    },
];

fn plain(value: u64) -> String {
    grouped(u32::try_from(value).unwrap_or(u32::MAX))
}

fn during(count: u32, noun: &str, over: Millis) -> String {
    format!("{} in {}", counted(count, noun), lasting(over))
}

/// The readings that a chart shows: those of the last minutes.
fn shown(history: &[Health]) -> &[Health] {
    let Some(last) = history.last() else { return history };
    let from = history.iter().position(|health| last.at - health.at <= SPAN).unwrap_or_default();
    &history[from..]
}

/// The points of a line, in pieces: where a value is absent, a piece ends.
fn pieces(history: &[Health], series: Series, height: u64) -> Vec<String> {
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return Vec::new() };
    let length = (last.at - first.at).0.max(1) as f64;
    let mut pieces = vec![String::new()];
    for health in history {
        match (series.of)(health) {
            Some(value) => {
                let x = (health.at - first.at).0 as f64 / length * WIDTH;
                let y = HEIGHT - (value as f64 / height as f64).min(1.0) * HEIGHT;
                let piece = pieces.last_mut().expect("there is always one");
                let between = if piece.is_empty() { "" } else { " " };
                piece.push_str(&format!("{between}{x:.1},{y:.1}"));
            }
            None => pieces.push(String::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    // A point alone would not be seen.
    for piece in &mut pieces {
        if !piece.contains(' ') {
            *piece = format!("{piece} {piece}");
        }
    }
    pieces
}

/// What a chart's height stands for: the highest value, with room above it.
fn ceiling(history: &[Health], figure: Figure) -> u64 {
    let values = figure.series.iter().flat_map(|series| history.iter().filter_map(series.of));
    let highest = values.max().unwrap_or_default();
    (highest + highest / 8).max(figure.height)
}

/// The value of a line now, in words.
fn now(history: &[Health], figure: Figure, series: Series) -> String {
    let value = history.last().and_then(series.of);
    value.map_or("–".to_owned(), figure.words)
}

/// A chart in one sentence.
fn sentence(history: &[Health], figure: Figure) -> String {
    let length = history.first().zip(history.last()).map_or(Millis(0), |(first, last)| last.at - first.at);
    let lines = figure.series.iter().map(|series| {
        let values = || history.iter().filter_map(series.of);
        match (values().min(), values().max()) {
            (Some(least), Some(most)) => format!(
                "{} {}, between {} and {}",
                series.name,
                now(history, figure, *series),
                (figure.words)(least),
                (figure.words)(most)
            ),
            _ => format!("{} not known", series.name),
        }
    });
    format!("{} in the last {}: {}.", figure.title, lasting(length), lines.collect::<Vec<_>>().join("; "))
}

/// Readings for the table, the newest first: not more than fit, at even distances.
fn rows(history: &[Health]) -> Vec<Health> {
    let step = history.len().div_ceil(ROWS).max(1);
    history.iter().rev().step_by(step).cloned().collect()
}

/// All charts.
#[component]
pub fn HealthCharts(
    /// The readings, oldest first.
    #[prop(into)]
    history: Signal<Vec<Health>>,
) -> impl IntoView {
    let shown = Memo::new(move |_| history.with(|history| shown(history).to_vec()));
    view! {
        <ul class="health-charts">
            {FIGURES.iter().map(|figure| view! { <Chart figure=*figure history=shown/> }).collect_view()}
        </ul>
    }
    .into_any()
}

/// One chart.
#[component]
fn Chart(
    /// What it shows.
    figure: Figure,
    /// The readings that it shows.
    history: Memo<Vec<Health>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    // Who looks at the table sees it move; closed, it stands as it was.
    let table = Memo::new(move |before: Option<&Vec<Health>>| match before {
        Some(before) if !is_open.get() => before.clone(),
        _ => history.with(|history| rows(history)),
    });
    let toggled = move |event: ev::Event| {
        let details = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        is_open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    let value = move |series: Series| history.with(|history| now(history, figure, series));
    let remark = move || history.with(|history| history.last().map(figure.remark).unwrap_or_default());
    let line = move |place: usize, series: Series| {
        let pieces = history.with(|history| pieces(history, series, ceiling(history, figure)));
        let draw = |points: String| view! { <polyline class="line" data-line=place.to_string() points=points/> };
        pieces.into_iter().map(draw).collect_view()
    };
    view! {
        <li class="health-chart">
            <h3>{figure.title}</h3>
            <dl>
                {figure.series.iter().enumerate().map(|(place, series)| view! {
                    <div>
                        <dt data-line=place.to_string()>{series.name}</dt>
                        <dd class="number">{move || value(*series)}</dd>
                    </div>
                }).collect_view()}
            </dl>
            <svg
                role="img"
                aria-label=move || history.with(|history| sentence(history, figure))
                viewBox=format!("0 -2 {WIDTH} {}", HEIGHT + 4.0)
                preserveAspectRatio="none"
            >
                {move || figure.series.iter().enumerate().map(|(place, series)| line(place, *series)).collect_view()}
            </svg>
            <p class="remark number">{remark}</p>
            <details on:toggle=toggled>
                <summary>"As a table"<span class="visually-hidden">": "{figure.title}</span></summary>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Before"</th>
                            {figure.series.iter().map(|series| view! { <th scope="col">{series.name}</th> }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{move || table.with(|table| table_rows(table, figure))}</tbody>
                </table>
            </details>
        </li>
    }
    .into_any()
}

fn table_rows(readings: &[Health], figure: Figure) -> impl IntoView + use<> {
    let newest = readings.first().map_or(Timestamp(0), |health| health.at);
    let row = |health: &Health| {
        let values = figure.series.iter().map(|series| (series.of)(health).map_or("–".to_owned(), figure.words));
        let values = values.map(|value| view! { <td class="number">{value}</td> }).collect_view();
        view! { <tr><th scope="row" class="number">{lasting(newest - health.at)}</th>{values}</tr> }
    };
    readings.iter().map(row).collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Figure = FIGURES[0];

    fn reading(second: i64, permille: Option<u32>) -> Health {
        Health { at: Timestamp(second * 1_000), process_cpu_permille: permille, ..Health::default() }
    }

    #[test]
    fn a_line_ends_where_a_value_is_absent_and_goes_on_after_it() {
        let history = [reading(0, Some(0)), reading(2, Some(500)), reading(4, None), reading(8, Some(1_000))];
        let drawn = pieces(&history, CPU.series[0], 1_000);
        assert_eq!(drawn, ["0.0,72.0 75.0,36.0", "300.0,0.0 300.0,0.0"]);
        assert!(pieces(&history, CPU.series[1], 1_000).is_empty());
        assert!(pieces(&[], CPU.series[0], 1_000).is_empty());
    }

    #[test]
    fn only_the_last_minutes_are_shown() {
        let history: Vec<_> = [0, 60, 300, 360].map(|second| reading(second, None)).to_vec();
        assert_eq!(shown(&history).first().map(|health| health.at), Some(Timestamp(60_000)));
        assert!(shown(&[]).is_empty());
    }

    #[test]
    fn a_chart_is_told_in_a_sentence() {
        let history = [reading(0, Some(40)), reading(90, Some(125))];
        assert_eq!(
            sentence(&history, CPU),
            "Processors in the last 1 min: Podium 12.5 %, between 4 % and 12.5 %; Machine not known."
        );
    }

    #[test]
    fn a_table_has_few_rows_and_begins_with_the_newest() {
        let history: Vec<_> = (0..150).map(|second| reading(second, None)).collect();
        let rows = rows(&history);
        assert!(rows.len() <= ROWS && rows[0].at == Timestamp(149_000), "{}", rows.len());
    }

    #[test]
    fn little_things_look_little_and_large_ones_fit() {
        assert_eq!(ceiling(&[reading(0, Some(30))], CPU), 1_000);
        let memory = Health { process_memory_bytes: Some(8_000), ..Health::default() };
        assert_eq!(ceiling(&[memory], FIGURES[1]), 9_000);
    }
}
