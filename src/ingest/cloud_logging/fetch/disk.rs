//! Where a fetch writes: injected, so that a kill between any two steps can be tested.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Creates, renames and removes files. Every method is one step: after any of them the process may be gone.
pub trait Disk: Sync {
    /// Makes a folder, which must not be there.
    ///
    /// # Errors
    /// What the file system says; so in all methods.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file or empties one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>>;
    /// Puts a file into the place of another, if there is one, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes renames in a folder last through a loss of power, where the system can.
    fn settle(&self, folder: &Path) -> io::Result<()>;
}

/// A file that is written.
pub trait Output: Write + Send {
    /// Makes what was written last through a loss of power.
    ///
    /// # Errors
    /// What the file system says.
    fn settle(&mut self) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        Ok(Box::new(File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        // Windows opens no folders and needs none of this.
        match File::open(folder) {
            Ok(folder) => folder.sync_all().or(Ok(())),
            Err(_) => Ok(()),
        }
    }
}

impl Output for File {
    fn settle(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// The files of a folder, sorted.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|e| e.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}
