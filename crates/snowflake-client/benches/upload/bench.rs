//! One large file uploaded to a storage that takes everything and keeps nothing: memory of the process, and speed as a
//! ratio to only reading the file and encrypting it. Run by `scripts/bench upload [MEBIBYTES]`; fails above 64 MiB.
//!
//! The program starts itself again for each role, so that each is measured alone.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement stops at the first surprise, and prints what it found"
)]

mod sink;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use aws_lc_rs::cipher::{AES_128, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use snowflake_client::{ClientConfig, Compression, Credentials, Protocol, Secret, Session, StageLocation, UploadFile};

const MEBIBYTE: u64 = 1024 * 1024;
/// What an upload may need, however large the file.
const MEMORY_LIMIT_MEBIBYTES: u64 = 64;
/// As the client reads.
const PIECE_BYTES: usize = 256 * 1024;
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["sink"] => sink::serve(),
        ["baseline", path] => baseline(Path::new(path)),
        ["upload", path, port] => upload(Path::new(path), port.parse().expect("a port")),
        [size] => compare(size.parse().expect("a number of mebibytes")),
        // `cargo test --all-targets` runs it too: only that it works.
        [] => compare(16),
        other => panic!("unknown arguments {other:?}"),
    }
}

/// Runs all roles and prints what they say.
fn compare(mebibytes: u64) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("file");
    make_file(&path, mebibytes);
    let name = path.to_str().expect("a plain path");
    let mut sink = start(&["sink"]);
    let port = first_line(&mut sink);
    let baseline = best(|| start(&["baseline", name]));
    let upload = best(|| start(&["upload", name, &port]));
    sink.kill().expect("the sink still runs");
    sink.wait().expect("the sink has ended");
    let speed = |seconds: f64| mebibytes as f64 / seconds;
    println!("a file of {mebibytes} MiB, best of {ROUNDS}:");
    println!("  read and encrypted   {:7.0} MiB/s", speed(baseline.seconds));
    println!(
        "  uploaded             {:7.0} MiB/s, {:.2} of that, {} MiB at most",
        speed(upload.seconds),
        baseline.seconds / upload.seconds,
        upload.peak_mebibytes
    );
    assert!(
        upload.peak_mebibytes < MEMORY_LIMIT_MEBIBYTES,
        "more than {MEMORY_LIMIT_MEBIBYTES} MiB"
    );
}

/// Bytes that no two pieces share, so that nothing in between can be clever.
fn make_file(path: &Path, mebibytes: u64) {
    let mut file = File::create(path).expect("a file");
    let mut state = 1_u64;
    let mut piece = Vec::with_capacity(usize::try_from(MEBIBYTE).expect("it fits"));
    for _ in 0..mebibytes {
        piece.clear();
        while (piece.len() as u64) < MEBIBYTE {
            // xorshift64, Marsaglia 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece.extend_from_slice(&state.to_le_bytes());
        }
        file.write_all(&piece).expect("room on the disk");
    }
}

fn start(arguments: &[&str]) -> Child {
    let program = std::env::current_exe().expect("its own path");
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::piped());
    command.spawn().expect("it starts")
}

fn first_line(child: &mut Child) -> String {
    let output = child.stdout.take().expect("a pipe");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    line.trim().to_owned()
}

struct Measured {
    seconds: f64,
    peak_mebibytes: u64,
}

fn best(run: impl Fn() -> Child) -> Measured {
    let rounds = (0..ROUNDS).map(|_| {
        let mut child = run();
        let line = first_line(&mut child);
        let status = child.wait().expect("it ends");
        assert!(status.success(), "it failed");
        let (seconds, peak) = line.split_once(' ').expect("two numbers");
        Measured {
            seconds: seconds.parse().expect("seconds"),
            peak_mebibytes: peak.parse().expect("mebibytes"),
        }
    });
    let rounds: Vec<Measured> = rounds.collect();
    Measured {
        seconds: rounds.iter().map(|round| round.seconds).fold(f64::MAX, f64::min),
        peak_mebibytes: rounds
            .iter()
            .map(|round| round.peak_mebibytes)
            .max()
            .unwrap_or_default(),
    }
}

/// Prints the seconds and the most memory that this process ever had.
fn tell(started: Instant) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says how much memory it gave");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .expect("a number of kilobytes");
    println!("{} {}", started.elapsed().as_secs_f64(), peak.div_ceil(1024));
}

/// The disk and AES, and nothing else, on one thread.
fn baseline(path: &Path) {
    let started = Instant::now();
    let key = UnboundCipherKey::new(&AES_128, &[7; 16]).expect("a key");
    let vector = EncryptionContext::Iv128(FixedLength::from([9; 16]));
    let mut cipher = StreamingEncryptingKey::less_safe_cbc_pkcs7(key, vector).expect("a cipher");
    let mut file = File::open(path).expect("the file");
    let (mut plain, mut encrypted) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES + 16]);
    loop {
        let length = file.read(&mut plain).expect("the file can be read");
        if length == 0 {
            break;
        }
        let piece = plain.get(..length).unwrap_or_default();
        cipher.update(piece, &mut encrypted).expect("room");
    }
    tell(started);
}

/// The client as the target uses it.
fn upload(path: &Path, port: u16) {
    let size_bytes = std::fs::metadata(path).expect("the file").len();
    let file = UploadFile {
        path: path.to_owned(),
        name: "large.csv.gz".to_owned(),
        size_bytes,
        // The file's own digest is known long before: the target takes it while it writes.
        sha256: [0; 32],
        compression: Compression::Gzip,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut config = ClientConfig::new("local", "demo", Credentials::Password(Secret::new("demo")));
        config.host = Some("127.0.0.1".to_owned());
        config.port = Some(port);
        config.protocol = Protocol::Http;
        let session = Session::log_in(&config).await.expect("the sink takes everybody");
        let (started, stage) = (Instant::now(), StageLocation::user("bench"));
        let uploaded = session.upload(&stage, std::slice::from_ref(&file)).await;
        assert_eq!(uploaded.expect("an upload").len(), 1);
        tell(started);
        session.close().await;
    });
}
