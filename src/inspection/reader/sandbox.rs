//! I/O: the child's self-imposed limits: rlimits, Landlock, seccomp. Only safe calls, and only ever tighter.
//!
//! seccomp and the rlimits are what the design relies on; Landlock is a second fence where the kernel has it.

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde::{Deserialize, Serialize};

/// What the sandbox achieved on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// Every system call outside the short list is refused.
    pub seccomp: bool,
    /// The kernel refuses every file and TCP port.
    pub landlock: bool,
    /// Memory, open files, processes, file sizes and core dumps are limited.
    pub rlimits: bool,
    /// What the self-test could still do although it must not: `open`, `socket`, `fork`. Empty when not tested.
    pub escapes: Vec<String>,
}

impl Strength {
    /// Is it what `run` and `once` ask for? Landlock is welcome, not required.
    pub fn is_sufficient(&self) -> bool {
        self.seccomp && self.rlimits && self.escapes.is_empty()
    }
}

/// Seconds of processor time in a child's whole life: stops one whose daemon died while it was working.
const CPU_SECONDS: u64 = 600;
/// Standard streams and the one descriptor that entering needs.
const OPEN_FILES: u64 = 8;

/// Enters the sandbox; call it before the first foreign byte is read, while there is one thread.
/// `memory_bytes` is the address space. What cannot be had is missing in the result.
pub fn enter(memory_bytes: u64) -> Strength {
    // Under memory pressure the kernel should take the child, never the daemon. Best effort.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let landlock = deny_files_and_network();
    let rlimits = [
        (Resource::As, memory_bytes),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nproc, 0),
        (Resource::Cpu, CPU_SECONDS),
    ]
    .into_iter()
    .all(|(resource, value)| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).is_ok()
    });
    Strength { seccomp: filter_system_calls(), landlock, rlimits, escapes: Vec::new() }
}

/// Tries what must fail in here, and names what did not.
pub fn escapes() -> Vec<String> {
    let mut escapes = Vec::new();
    if std::fs::File::open("/").is_ok() {
        escapes.push("open".to_owned());
    }
    if UdpSocket::bind("127.0.0.1:0").is_ok() {
        escapes.push("socket".to_owned());
    }
    let spawned =
        Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Ok(mut process) = spawned {
        let _ = process.wait();
        escapes.push("fork".to_owned());
    }
    escapes
}

/// A ruleset without a single rule: every access that the kernel knows how to handle is denied.
fn deny_files_and_network() -> bool {
    let restrict = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .create()?
            .restrict_self()
    };
    restrict().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

fn filter_system_calls() -> bool {
    let Ok(arch) = std::env::consts::ARCH.try_into() else { return false };
    if ALLOWED.is_empty() {
        return false;
    }
    let rules = ALLOWED.iter().map(|number| (*number, Vec::new())).collect();
    // EPERM rather than death: a library that asks in vain goes on without.
    let refuse = SeccompAction::Errno(rustix::io::Errno::PERM.raw_os_error().unsigned_abs());
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch);
    let Ok(program) = filter.and_then(BpfProgram::try_from) else { return false };
    apply_filter(&program).is_ok()
}

/// The kernel's stable numbers of: read, write, close, mmap, mprotect, munmap, brk, rt_sigaction, rt_sigprocmask,
/// rt_sigreturn, writev, mremap, madvise, exit, sigaltstack, futex, clock_gettime, exit_group, getrandom.
/// The signal calls let the runtime report a stack overflow and die.
#[cfg(target_arch = "x86_64")]
const ALLOWED: &[i64] = &[0, 1, 3, 9, 10, 11, 12, 13, 14, 15, 20, 25, 28, 60, 131, 202, 228, 231, 318];
#[cfg(target_arch = "aarch64")]
const ALLOWED: &[i64] =
    &[63, 64, 57, 222, 226, 215, 214, 134, 135, 139, 66, 216, 233, 93, 132, 98, 113, 94, 278];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ALLOWED: &[i64] = &[];
