//! The cache: downloaded files that the host gave no place of their own. The longest unused go first when
//! it grows beyond its limit. Files that were sent, or that lie where the host wanted them, are never touched.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::fetch::write;
use super::{downloads, part};
use crate::client::shared::{Shared, User};
use crate::runtime;
use crate::store::{self, DownloadRow};

/// Evicts what is too much, but not `newest`. Runs on `anser-io`.
pub(super) async fn keep_limit(shared: &Arc<Shared>, user: &Arc<User>, newest: &str) {
    let limit = shared.media.limit.load(Ordering::Relaxed);
    let rows = match write(user, store::cached_downloads).await {
        Ok(rows) => rows,
        Err(code) => return log::warn!("the cache cannot be read: {code}"),
    };
    let mut size: u64 = rows.iter().map(|row| row.bytes).sum();
    for row in rows {
        if size <= limit {
            return;
        }
        if row.path != newest && !downloads::is_busy(shared, &row.path) && evict(user, &row).await {
            size -= row.bytes;
        }
    }
}

/// Removes everything that is not being worked on; returns the bytes that it took. Runs on `anser-io`.
pub(super) async fn clear(shared: &Arc<Shared>, user: &Arc<User>) -> u64 {
    let rows = write(user, store::cached_downloads).await.unwrap_or_default();
    let mut freed = 0;
    for row in rows {
        if !downloads::is_busy(shared, &row.path) && evict(user, &row).await {
            freed += row.bytes;
        }
    }
    if let Some(folder) = shared.folder.as_ref().map(|folder| folder.media(&user.id)) {
        let client = shared.clone();
        freed += runtime::blocking(move || sweep(&client, &folder)).await.unwrap_or(0);
    }
    freed
}

/// The file goes first: a message that still names it for a moment finds it missing and gets it anew.
async fn evict(user: &Arc<User>, row: &DownloadRow) -> bool {
    let path = row.path.clone();
    if runtime::blocking(move || part::remove(&path)).await != Some(true) {
        return false;
    }
    let path = row.path.clone();
    write(user, move |connection| store::forget_download(connection, &path)).await.is_ok()
}

/// Removes files that nothing knows of any more.
fn sweep(shared: &Shared, folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let mut freed = 0;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.to_string_lossy();
        let target = name.strip_suffix(".part").unwrap_or(&name);
        if !downloads::is_busy(shared, target) {
            let bytes = path.metadata().map_or(0, |data| data.len());
            if std::fs::remove_file(&path).is_ok() {
                freed += bytes;
            }
        }
    }
    freed
}
