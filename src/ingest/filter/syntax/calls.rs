//! Functions: their names, and what stands in their parentheses.

use super::super::error::Fault;
use super::lexer::Kind;
use super::parser::Parser;
use super::tree::{Call, CastType, Literal, Path, Span, Target};

/// The functions of the language, as Google writes them, with their arguments.
const FUNCTIONS: [(&str, &str); 7] = [
    ("cast", "cast(FIELD, TYPE) or cast(FIELD, TYPE, TIMEZONE(\"+01:00\"))"),
    ("ip_in_net", "ip_in_net(FIELD, \"10.0.0.0/8\")"),
    ("log_id", "log_id(\"run.googleapis.com/stderr\")"),
    ("regexp_extract", "regexp_extract(FIELD, \"one (group)\")"),
    ("sample", "sample(FIELD, 0.01)"),
    ("SEARCH", "SEARCH(\"words\") or SEARCH(FIELD, \"words\")"),
    ("source", "source(projects/PROJECT)"),
];

/// A function with its arguments.
pub(super) enum Applied {
    /// True or false.
    Call(Call),
    /// To be compared.
    Target(Target),
}

/// Whether a function has this name, in any case.
pub(super) fn is_name(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// Reads a function from its name on.
pub(super) fn call(p: &mut Parser<'_>) -> Result<Applied, Fault> {
    let name = p.advance();
    let written = p.slice(name.span);
    let Some((function, usage)) = FUNCTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(written)) else {
        return Err(unknown(written, name.span));
    };
    let mut args = Args {
        p,
        name: name.span,
        usage,
        count: 0,
    };
    let open = args.p.advance().span;
    let applied = match *function {
        "cast" => Applied::Target(cast(&mut args, open)?),
        "regexp_extract" => {
            let (target, regex) = (args.target()?, args.literal()?);
            Applied::Target(Target::Extract(Box::new(target), regex, args.end(open)?))
        }
        "ip_in_net" => {
            let (target, net) = (args.target()?, args.literal()?);
            args.end(open)?;
            Applied::Call(Call::InNet(target, net))
        }
        "log_id" => {
            let id = args.literal()?;
            args.end(open)?;
            Applied::Call(Call::LogId(id))
        }
        "sample" => {
            let (field, fraction) = (args.path()?, args.literal()?);
            args.end(open)?;
            Applied::Call(Call::Sample(field, fraction))
        }
        "SEARCH" => search(&mut args, open)?,
        _ => {
            let source = args.literal()?;
            args.end(open)?;
            Applied::Call(Call::Source(source))
        }
    };
    Ok(applied)
}

fn unknown(written: &str, span: Span) -> Fault {
    let scored = FUNCTIONS.iter().map(|(known, usage)| {
        let near = strsim::jaro_winkler(&written.to_ascii_lowercase(), &known.to_ascii_lowercase());
        (near, usage)
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match best {
        Some((near, usage)) if near > 0.8 => format!("did you mean {usage}?"),
        _ => {
            let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            format!(
                "there are {}; put a text with parentheses in double quotes",
                names.join(", ")
            )
        }
    };
    Fault::new(span, format!("there is no function {written}"), hint)
}

fn cast(args: &mut Args<'_, '_>, open: Span) -> Result<Target, Fault> {
    let target = args.target()?;
    let word = args.literal()?;
    let known = CastType::ALL
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(&word.raw));
    let Some((ty, _)) = known else {
        let names: Vec<&str> = CastType::ALL.iter().map(|(_, name)| *name).collect();
        let message = format!("there is no type {}", word.raw);
        return Err(Fault::new(
            word.span,
            message,
            format!("there are {}", names.join(", ")),
        ));
    };
    let mut zone = None;
    if args.p.kind() == Kind::Comma {
        args.comma()?;
        let name = args.p.token();
        if !args.p.slice(name.span).eq_ignore_ascii_case("TIMEZONE") {
            return Err(args.wrong());
        }
        args.p.advance();
        if args.p.kind() != Kind::Open {
            return Err(args.wrong());
        }
        let open = args.p.advance().span;
        zone = Some(args.value()?);
        args.p.close(open)?;
    }
    let span = args.end(open)?;
    Ok(Target::Cast(Box::new(target), *ty, zone, span))
}

fn search(args: &mut Args<'_, '_>, open: Span) -> Result<Applied, Fault> {
    args.start()?;
    let first = args.p.path()?;
    if args.p.kind() == Kind::Comma {
        let query = args.literal()?;
        args.end(open)?;
        return Ok(Applied::Call(Call::Search(Some(first), query)));
    }
    let [segment] = &first.segments[..] else {
        return Err(args.wrong());
    };
    if !segment.quoted {
        let hint = "put the words in double quotes: SEARCH(\"words\")";
        return Err(Fault::new(first.span, "SEARCH takes its words in double quotes", hint));
    }
    let text = args.p.slice(first.span);
    let query = Literal {
        raw: text[1..text.len() - 1].to_owned(),
        quoted: true,
        span: first.span,
    };
    args.end(open)?;
    Ok(Applied::Call(Call::Search(None, query)))
}

/// Reads arguments one after the other, with the commas between them.
struct Args<'p, 'a> {
    p: &'p mut Parser<'a>,
    name: Span,
    usage: &'static str,
    count: usize,
}

impl Args<'_, '_> {
    fn wrong(&self) -> Fault {
        let hint = format!("write {}", self.usage);
        Fault::new(
            self.p.token().span,
            format!("{} has other arguments", self.p.slice(self.name)),
            hint,
        )
    }

    fn comma(&mut self) -> Result<(), Fault> {
        if self.p.kind() != Kind::Comma {
            return Err(self.wrong());
        }
        self.p.advance();
        Ok(())
    }

    fn start(&mut self) -> Result<(), Fault> {
        if self.count > 0 {
            self.comma()?;
        }
        self.count += 1;
        match self.p.kind() {
            Kind::Word | Kind::Quoted => Ok(()),
            _ => Err(self.wrong()),
        }
    }

    fn path(&mut self) -> Result<Path, Fault> {
        self.start()?;
        self.p.path()
    }

    fn literal(&mut self) -> Result<Literal, Fault> {
        self.start()?;
        self.p.literal()
    }

    fn value(&mut self) -> Result<Literal, Fault> {
        match self.p.kind() {
            Kind::Word | Kind::Quoted => self.p.literal(),
            _ => Err(self.wrong()),
        }
    }

    /// A field, or a function of a field.
    fn target(&mut self) -> Result<Target, Fault> {
        self.start()?;
        let path = self.p.path()?;
        let is_call = self.p.kind() == Kind::Open && self.p.token().is_glued;
        if !is_call {
            return Ok(Target::Field(path));
        }
        self.p.step_back();
        match self.p.nested(call)? {
            Applied::Target(target) => Ok(target),
            Applied::Call(_) => {
                let hint = "only cast and regexp_extract have a result that can be used further";
                Err(Fault::new(path.span, "this function is true or false", hint))
            }
        }
    }

    fn end(&mut self, open: Span) -> Result<Span, Fault> {
        match self.p.kind() {
            Kind::Close | Kind::End => self.p.close(open).map(|end| self.name.to(end)),
            _ => Err(self.wrong()),
        }
    }
}
