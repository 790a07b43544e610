//! The stream `releases`: per app, what is new since the last version read, by a range on the server; and again those
//! that were not final when they were read (pending ones, and the current one, which stops being it).

use std::io::Write;

use connector_process::{ExitCode, Failure};
use futures_util::stream::{self, StreamExt};
use heroku_api::{Call, ErrorKind, Pages};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Source, StreamEntry};
use crate::apps_list::App;
use crate::record::{RecordShape, text};
use crate::release_bookmark::ReleaseBookmark;
use crate::run::Run;

pub(crate) const ENTRY: StreamEntry = StreamEntry {
    name: "releases",
    key_properties: &["id"],
    replication_key: Some("version"),
    schema_text: include_str!("../../../../schemas/tap-heroku/releases.json"),
    source: Source::Releases,
};

/// `output_stream_url` is a signed address that opens the output of the release phase to anyone and is soon of no use;
/// `app` is what `app_id` and `app_name` say.
const DROPPED: &[&str] = &["app", "output_stream_url"];

/// Emits the releases of all apps, with a STATE after each page when it is due, so that an interrupted run goes on where it was.
pub(crate) async fn sync_releases<W: Write>(run: &mut Run<'_, W>) -> Result<(), Failure> {
    let shape = RecordShape::new(&ENTRY.schema(), DROPPED);
    let Some(client) = run.client else { return Ok(()) };
    let passes: Vec<(App, Pass)> = run
        .apps
        .iter()
        .map(|app| (app.clone(), Pass::new(ReleaseBookmark::read(&run.state, &app.id))))
        .collect();
    // Most apps have one page: the first ones are fetched ahead, and used in the order of the apps.
    let first_pages = passes.into_iter().map(|(app, pass)| async move {
        let mut pages = client.pages(Call::releases(&app.id, pass.before.read_after()));
        let first_page = pages.next_page().await;
        (app, pass, pages, first_page)
    });
    let mut started = stream::iter(first_pages).buffered(run.output.apps_at_once());
    while run.output.wants_more(ENTRY.name)
        && let Some((app, pass, pages, first_page)) = started.next().await
    {
        sync_app(run, &app, &shape, (pass, pages, first_page)).await?;
    }
    Ok(())
}

type Page = Result<Option<Vec<Value>>, heroku_api::Error>;

async fn sync_app<W: Write>(
    run: &mut Run<'_, W>,
    app: &App,
    shape: &RecordShape,
    (mut pass, mut pages, first_page): (Pass, Pages<'_>, Page),
) -> Result<(), Failure> {
    let Some(client) = run.client else { return Ok(()) };
    let mut next_page = Some(first_page);
    loop {
        let page = match next_page.take() {
            Some(page) => page,
            None => pages.next_page().await,
        };
        let page = match page {
            Ok(Some(page)) => page,
            Ok(None) => break,
            // Ranges on versions are not documented: without one the list is longer, not different.
            Err(problem) if problem.kind() == ErrorKind::RangeNotSatisfiable && !pass.is_whole => {
                pass.is_whole = true;
                pages = client.pages(Call::releases(&app.id, None));
                continue;
            }
            Err(problem) => return run.pass_over(ENTRY.name, app, &problem),
        };
        run.skipped.end_outage();
        for item in page {
            let object = pass.take(item, app)?;
            if pass.before.is_news(&object) && is_after_start(&object, run.configuration.start) {
                run.output.record(ENTRY.name, release_record(shape, app, object))?;
            }
        }
        if pass.is_ascending {
            pass.after.write(&mut run.state, &app.id);
            run.write_state()?;
        }
    }
    pass.after.write(&mut run.state, &app.id);
    run.write_state()
}

/// One walk through the releases of an app.
struct Pass {
    /// Decides what is news: the bookmark of the run before.
    before: ReleaseBookmark,
    /// Grows with what is read.
    after: ReleaseBookmark,
    /// As asked for. If a server did otherwise, the bookmark would be ahead of what is still to come.
    is_ascending: bool,
    /// Reads the whole list because the server refused the range.
    is_whole: bool,
    last_version: u64,
}

impl Pass {
    fn new(before: ReleaseBookmark) -> Self {
        let is_whole = before.read_after().is_none();
        Self {
            after: before.clone(),
            before,
            is_ascending: true,
            is_whole,
            last_version: 0,
        }
    }

    /// Notes an entry of the list.
    fn take(&mut self, item: Value, app: &App) -> Result<Map<String, Value>, Failure> {
        let version = item.get("version").and_then(Value::as_u64);
        let (Value::Object(object), Some(version)) = (item, version) else {
            let message = format!(
                "stream releases: an entry of app {} is not an object with a version",
                app.name
            );
            return Err(Failure::new(ExitCode::Failed, message).with_hint("check that api_url is Heroku's API"));
        };
        self.is_ascending &= version > self.last_version;
        self.last_version = version;
        self.after.note(&object);
        Ok(object)
    }
}

fn release_record(shape: &RecordShape, app: &App, object: Map<String, Value>) -> Map<String, Value> {
    let mut record = shape.record(object);
    record.insert("app_id".to_owned(), Value::from(app.id.as_str()));
    record.insert("app_name".to_owned(), Value::from(app.name.as_str()));
    record
}

/// `start_date` keeps a first run short. A release without a readable time is kept.
fn is_after_start(object: &Map<String, Value>, start: Option<Timestamp>) -> bool {
    let created_at = text(object, "created_at").and_then(|text| text.parse::<Timestamp>().ok());
    created_at
        .zip(start)
        .is_none_or(|(created_at, start)| created_at >= start)
}
