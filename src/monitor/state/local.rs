//! The file that an object is brought to.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::StateError;

/// Makes a file hold these bytes, or not be there.
pub(super) fn place(to: &Path, bytes: Option<&[u8]>) -> Result<(), StateError> {
    let write = || {
        // A journal of an earlier file would be played back into this one.
        for end in ["-journal", "-wal", "-shm", ""] {
            let mut name = to.as_os_str().to_owned();
            name.push(end);
            match fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let Some(bytes) = bytes else { return Ok(()) };
        let mut file = fs::File::create_new(to)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => StateError::Full(to.to_owned()),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StateError::ReadOnly(to.to_owned())
        }
        _ => StateError::File {
            path: to.to_owned(),
            cause: error.to_string(),
        },
    })
}
