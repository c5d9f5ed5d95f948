use logverdict::ingest::*; use logverdict::patterns::*; use logverdict::profile::*; use std::time::Instant;
fn main(){ let a:Vec<String>=std::env::args().skip(1).collect(); let s=expand(&a).unwrap();
 let packs=PackSet::builtin().unwrap(); let m=Matcher::new(&packs).unwrap();
 for t in [1,2,2]{ let i=Instant::now(); let (n,c)=read(&s,&Options{selection:Selection::default(),threads:t,dedupe_bytes:DEDUPE_BYTES,progress:&|_|()},||Counter::new(&packs,&m)).unwrap();
 let mut d=Data::default(); for n in n { d.add(&n.finish()); } let el=i.elapsed();
 let p=Profile::new(d,c,&packs); let j=p.to_json();
 println!("{t} {:?} {} {:?}",el, j.len(), (p.manifest.coverage.records, p.manifest.coverage.entries_read, &p.manifest.coverage.rejected,&p.manifest.coverage.notes, &p.manifest.coverage.concerns));
 if t==1 { for r in p.data.revisions.values(){ for (k,s) in &r.signals { println!("  {} {} {}", r.revision, k, s.total()); } } println!("{:?}",p.manifest.coverage.sources);} } }
