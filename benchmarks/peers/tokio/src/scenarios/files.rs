//! Reading files that the page cache holds.

use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::OnceLock;

use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::Done;

const BLOCK: usize = 4096;
const LARGE: usize = 1 << 20;

static SMALL_FILE: OnceLock<PathBuf> = OnceLock::new();
static LARGE_FILE: OnceLock<PathBuf> = OnceLock::new();

fn file<'a>(path: &'a OnceLock<PathBuf>, size: usize) -> &'a PathBuf {
    path.get_or_init(|| {
        let name = format!("tokio-benchmark-{}-{size}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, vec![b'x'; size]).expect("cannot write a temporary file");
        path
    })
}

/// To be called at the end of the program.
pub fn remove_files() {
    for path in [&SMALL_FILE, &LARGE_FILE].into_iter().filter_map(OnceLock::get) {
        let _ = std::fs::remove_file(path);
    }
}

pub async fn whole_small(iterations: usize) -> Done {
    read_whole(file(&SMALL_FILE, BLOCK), BLOCK, iterations).await
}

pub async fn whole_large(iterations: usize) -> Done {
    read_whole(file(&LARGE_FILE, LARGE), LARGE, iterations).await
}

async fn read_whole(path: &PathBuf, size: usize, iterations: usize) -> Done {
    for _ in 0..iterations {
        assert_eq!(fs::read(path).await.unwrap().len(), size);
    }
    iterations.into()
}

pub async fn open_read_close(iterations: usize) -> Done {
    let path = file(&SMALL_FILE, BLOCK);
    let mut buffer = [0; BLOCK];
    for _ in 0..iterations {
        let mut file = File::open(path).await.unwrap();
        assert_eq!(file.read(&mut buffer).await.unwrap(), BLOCK);
    }
    iterations.into()
}

/// Block by block, and again from the beginning.
pub async fn read_blocks(iterations: usize) -> Done {
    let mut file = File::open(file(&LARGE_FILE, LARGE)).await.unwrap();
    let mut buffer = [0; BLOCK];
    let mut done = 0;
    while done < iterations {
        match file.read(&mut buffer).await.unwrap() {
            BLOCK => done += 1,
            count => {
                assert_eq!(count, 0);
                file.seek(SeekFrom::Start(0)).await.unwrap();
            }
        }
    }
    iterations.into()
}
