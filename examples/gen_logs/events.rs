//! What happens to a revision at a time: start, deploy, retirement, crash, burst.

use serde_json::json;

use crate::revision::Revision;
use crate::spec::{ErrorSpec, EventKind, EventSpec};
use crate::truth::Truth;
use crate::wire::{Head, MINUTE, Micros, Wire, log};

const SECOND: f64 = 1_000_000.0;
/// What the application says while it starts.
const STARTUP_STEPS: [&str; 9] = [
    "settings read",
    "log format chosen: json",
    "secrets resolved",
    "rooms store connected",
    "presence cache connected",
    "routes registered: 41",
    "templates compiled",
    "metrics exporter ready",
    "middleware stack being installed",
];

impl Revision<'_> {
    /// Writes the events that begin in the minute from `from` on.
    pub(crate) fn events(&mut self, from: Micros, wire: &mut Wire) {
        for event in &self.spec.event {
            for number in 0..event.times {
                let seconds = event.at_second + event.every_seconds * self.place(event, number);
                let at = self.start + (seconds * SECOND) as Micros;
                if (from..from + MINUTE).contains(&at) {
                    self.event(event, at, number as usize, wire);
                }
            }
        }
    }

    /// Which multiple of `every-seconds` occurrence `number` is at: all inside one for a burst.
    fn place(&self, event: &EventSpec, number: u32) -> f64 {
        match event.kind {
            EventKind::Burst => f64::from(number) / f64::from(event.times),
            _ => f64::from(number),
        }
    }

    fn event(&mut self, event: &EventSpec, at: Micros, number: usize, wire: &mut Wire) {
        match event.kind {
            EventKind::Start => self.started(event, at, number, wire),
            EventKind::Deploy => self.deployed(at, true, wire),
            EventKind::DeployFailed => self.deployed(at, false, wire),
            EventKind::Drain => self.drained(at, number, wire),
            EventKind::ImportCrash => self.import_crash(event, at, number, wire),
            EventKind::Crash => self.crash(event, at, number, wire),
            EventKind::Burst => self.request_with(at, Some(&burst_error(event)), wire),
        }
    }

    fn new_instance(&mut self, event: &EventSpec, at: Micros, instance: usize, wire: &mut Wire) {
        let why = match event.reason.as_str() {
            "DEPLOYMENT_ROLLOUT" => {
                "Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check."
            }
            "MANUAL_OR_CUSTOMER_MIN_INSTANCE" => {
                "Instance started because of customer-configured min-instances or manual scaling."
            }
            _ => {
                "Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic."
            }
        };
        let text = format!("Starting new instance. Reason: {} - {why}", event.reason);
        self.platform(at, instance, "INFO", &text, wire);
    }

    fn started(&mut self, event: &EventSpec, at: Micros, instance: usize, wire: &mut Wire) {
        self.new_instance(event, at, instance, wire);
        let lines = [
            "INFO:     Started server process [1]",
            "INFO:     Waiting for application startup.",
            "INFO:     Application startup complete.",
            "INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)",
        ];
        for (step, line) in lines.iter().enumerate() {
            self.plain_line(
                log::STDERR,
                at + 1_900_000 + step as Micros * 2000,
                instance,
                line,
                wire,
            );
        }
        self.probe_passed(at + 2_300_000, instance, wire);
    }

    fn probe_passed(&mut self, at: Micros, instance: usize, wire: &mut Wire) {
        let text = format!(
            "Default STARTUP TCP probe succeeded after 1 attempt for container \"{}-1\" on port 8080.",
            self.service
        );
        self.platform(at, instance, "INFO", &text, wire);
    }

    fn drained(&mut self, at: Micros, instance: usize, wire: &mut Wire) {
        self.platform(at, instance, "INFO", "Shutting down user disabled instance", wire);
        let lines = [
            "INFO:     Shutting down",
            "INFO:     Waiting for connections to close. (CTRL+C to force quit)",
            "INFO:     Finished server process [1]",
        ];
        for (step, line) in lines.iter().enumerate() {
            self.plain_line(
                log::STDERR,
                at + 80_000 + step as Micros * 400_000,
                instance,
                line,
                wire,
            );
        }
        self.platform(
            at + 1_500_000,
            instance,
            "ERROR",
            "Uncaught signal: 6, pid=1, tid=1, fault_addr=0.",
            wire,
        );
    }

    /// The container cannot import its application: traceback, failed worker, exit, failed start-up probe.
    fn import_crash(&mut self, event: &EventSpec, at: Micros, instance: usize, wire: &mut Wire) {
        self.new_instance(event, at, instance, wire);
        let trace = format!(
            "Traceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/gunicorn/arbiter.py\", line 608, in spawn_worker\n    \
             worker.init_process()\n  File \"/app/chat/main.py\", line 9, in <module>\n    from chat.sockets import close_guard\n{}",
            event.what
        );
        Truth::add(&mut self.truth.happened, "import-crash");
        self.error_text(at + 1_400_000, instance, &trace, wire);
        for (step, line) in [
            "Worker (pid:4) exited with code 3",
            "Shutting down: Master",
            "Reason: Worker failed to boot.",
        ]
        .iter()
        .enumerate()
        {
            self.gunicorn(at + 1_450_000 + step as Micros * 3000, instance, line, wire);
        }
        self.exited(event, at + 1_600_000, instance, wire);
        let text = format!(
            "Default STARTUP TCP probe failed 1 time consecutively for container \"{}-1\" on port 8080. The instance was not started. \
             Connection failed with status CANCELLED.",
            self.service
        );
        self.platform(at + 1_900_000, instance, "ERROR", &text, wire);
    }

    /// The start-up probe passes, then the worker dies and takes the container with it.
    fn crash(&mut self, event: &EventSpec, at: Micros, instance: usize, wire: &mut Wire) {
        self.new_instance(event, at, instance, wire);
        self.probe_passed(at + 2_100_000, instance, wire);
        for (step, part) in STARTUP_STEPS.iter().enumerate() {
            let payload = format!("\"jsonPayload\":{{\"logger\":\"chat.startup\",\"message\":\"{part}\"}}");
            let after = 2_150_000 + step as Micros * 30_000;
            self.put(
                log::STDERR,
                "INFO",
                at + after,
                instance,
                None,
                payload.as_bytes(),
                wire,
            );
        }
        let trace = format!(
            "Traceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/gunicorn/arbiter.py\", line 608, in spawn_worker\n    \
             worker.init_process()\n  File \"/app/chat/middleware.py\", line 71, in install\n    registry.attach(app)\n{}",
            event.what
        );
        Truth::add(&mut self.truth.happened, "crash");
        self.error_text(at + 2_700_000, instance, &trace, wire);
        let line = format!("Worker (pid:6) exited with code {}", event.exit_code);
        self.gunicorn(at + 2_800_000, instance, &line, wire);
        self.exited(event, at + 3_000_000, instance, wire);
    }

    fn exited(&mut self, event: &EventSpec, at: Micros, instance: usize, wire: &mut Wire) {
        let text = format!("Container called exit({}).", event.exit_code);
        self.platform(
            at,
            instance,
            if event.exit_code == 0 { "INFO" } else { "WARNING" },
            &text,
            wire,
        );
    }

    fn error_text(&mut self, at: Micros, instance: usize, text: &str, wire: &mut Wire) {
        let mut payload = Vec::new();
        crate::wire::push_field(&mut payload, "textPayload", text);
        self.put(log::STDERR, "ERROR", at, instance, None, &payload, wire);
    }

    /// A line of gunicorn: marked `[ERROR]`, but without severity.
    fn gunicorn(&mut self, at: Micros, instance: usize, line: &str, wire: &mut Wire) {
        let time = chrono::DateTime::from_timestamp_micros(at).map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string());
        let text = format!("[{} +0000] [1] [ERROR] {line}", time.unwrap_or_default());
        self.plain_line(log::STDERR, at, instance, &text, wire);
    }

    /// The call that deploys, and what the platform says became of it.
    fn deployed(&mut self, at: Micros, ready: bool, wire: &mut Wire) {
        let (project, service, revision) = (self.project, self.service, &self.spec.name);
        let call = json!({"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "run.googleapis.com",
            "methodName": "google.cloud.run.v1.Services.ReplaceService", "resourceName": format!("namespaces/{project}/services/{service}"),
            "authenticationInfo": {"principalEmail": "deployer@acme-shop.example"}});
        let condition = if ready {
            format!(
                "Ready condition status changed to True for Revision {revision} with message: Deploying revision succeeded in 9.84s."
            )
        } else {
            format!(
                "Ready condition status changed to False for Revision {revision} with message: The user-provided container failed to start and \
                 listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout."
            )
        };
        let outcome = json!({"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "run.googleapis.com",
            "methodName": "/Services.ReplaceService", "resourceName": format!("namespaces/{project}/revisions/{revision}"),
            "status": {"message": condition}});
        let severity = if ready { "INFO" } else { "ERROR" };
        let mut audit = |at, log, severity, resource: &str, proto: serde_json::Value| {
            let head = Head {
                at,
                log,
                severity,
                instance: "",
                resource,
                trace: None,
                delay: 300_000,
            };
            wire.entry(&mut self.rng, head, format!("\"protoPayload\":{proto}").as_bytes());
        };
        audit(at, log::ACTIVITY, "NOTICE", &self.service_resource, call);
        audit(at + 9_840_000, log::SYSTEM_EVENT, severity, &self.resource, outcome);
    }
}

fn burst_error(event: &EventSpec) -> ErrorSpec {
    ErrorSpec {
        what: event.what.clone(),
        rate: 1.0,
        severity: "ERROR".into(),
        status: Some(500),
        path: None,
        from_minute: 0,
        for_minutes: None,
    }
}
