//! The audit log as CSV that other programs read: the newest first, piece by piece, without a cell that a spreadsheet
//! takes for a formula.

use std::collections::HashMap;

use futures_util::{Stream, stream};

use crate::domain::audit::{AuditFilter, AuditRecord, AuditSubject};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::server::people_file::{harmless, written};
use crate::server::store::{Store, StoreError};

/// Entries that are read at once.
const READ_AT_ONCE: u32 = 500;
const COLUMNS: [&str; 10] =
    ["no", "at", "by", "by_account", "by_name", "action", "subject", "subject_id", "subject_name", "detail"];

/// The log, heading first; a long one takes no more memory than a short one.
pub fn write_out(
    store: Store,
    organisation: OrganisationId,
    filter: AuditFilter,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    enum Next {
        Heading,
        Before(Option<i64>),
        End,
    }
    stream::try_unfold((store, Next::Heading), move |(store, next)| async move {
        let before = match next {
            Next::Heading => {
                let heading = written([COLUMNS.map(str::to_owned)]);
                return Ok(Some((heading, (store, Next::Before(None)))));
            }
            Next::Before(before) => before,
            Next::End => return Ok(None),
        };
        let names: HashMap<AdminId, String> = store.account_names(organisation).await?.into_iter().collect();
        let (entries, next) = store.audit(organisation, filter, before, READ_AT_ONCE).await?;
        let rows = written(entries.iter().map(|entry| row(entry, &names)));
        Ok(Some((rows, (store, next.map_or(Next::End, |next| Next::Before(Some(next)))))))
    })
}

fn row(entry: &AuditRecord, names: &HashMap<AdminId, String>) -> [String; COLUMNS.len()] {
    let AuditRecord { no, at, by, action, subject, detail } = entry;
    let name_of = |id: AdminId| harmless(names.get(&id).map_or("a removed account", String::as_str));
    let subject_name = match *subject {
        AuditSubject::Account(id) => name_of(id),
        AuditSubject::Organisation(_)
        | AuditSubject::Person(_)
        | AuditSubject::Quiz(_)
        | AuditSubject::Session(_)
        | AuditSubject::ColleagueInvite(_) => String::new(),
    };
    let detail = detail.map(|detail| serde_json::to_string(&detail).expect("plain values are JSON"));
    [
        no.to_string(),
        at.to_string(),
        by.kind().to_owned(),
        by.account().map(|id| id.to_string()).unwrap_or_default(),
        by.account().map(name_of).unwrap_or_default(),
        action.name().to_owned(),
        subject.kind().to_owned(),
        subject.id().to_string(),
        subject_name,
        detail.unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditAction, AuditActor, AuditDetail};
    use crate::domain::role::Role;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_row_names_who_is_there_and_holds_no_formula() {
        let entry = AuditRecord {
            no: 7,
            at: Timestamp(0),
            by: AuditActor::Account(AdminId(1)),
            action: AuditAction::RoleChanged,
            subject: AuditSubject::Account(AdminId(2)),
            detail: Some(AuditDetail::Roles { from: Role::Host, to: Role::Admin }),
        };
        let names = |name: &str| HashMap::from([(AdminId(1), name.to_owned())]);
        let text = |names| String::from_utf8(written([row(&entry, &names)])).expect("UTF-8");
        let rest = r#"role_changed,account,2,a removed account,"{""roles"":{""from"":""host"",""to"":""admin""}}""#;
        let begin = "7,1970-01-01T00:00:00.000Z,account,1,";
        assert_eq!(text(names("Ines")), format!("{begin}Ines,{rest}\n"));
        assert_eq!(text(names("=1+1")), format!("{begin}'=1+1,{rest}\n"));
        assert_eq!(text(HashMap::new()), format!("{begin}a removed account,{rest}\n"));
    }
}
