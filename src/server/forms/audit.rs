//! The audit log as a file.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;

use crate::domain::audit::AuditFilter;
use crate::server::House;
use crate::server::audit_file;
use crate::server::auth::Admin;

/// What is looked for, as it stands in the address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Looking {
    area: String,
    account: String,
}

/// The log as a CSV file: `GET /audit.csv`.
pub async fn export(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Query(looking): Query<Looking>,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let filter = AuditFilter::of(&looking.area, &looking.account);
    (headers, Body::from_stream(audit_file::write_out(house.store, admin.organisation, filter))).into_response()
}
