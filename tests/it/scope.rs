//! The scope engine and its measurement: what must hold whatever the pack teaches.

use std::io::Write;
use std::sync::OnceLock;

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::scope::{Example, Flag, ReasonKind, Scope};
use dangvan::domain::taxonomy::{Cue, Direction};
use dangvan::index::evaluate::{Question, evaluate};
use dangvan::index::scope::Engine;
use dangvan::pack::read_embedded;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn plain() -> Jurisdiction {
    read_embedded("plain").unwrap()
}

fn cue(phrase: &str, direction: Direction, category: &str, marks_required: bool) -> Cue {
    Cue {
        phrase: phrase.to_owned(),
        direction,
        category: category.to_owned(),
        strong: true,
        basis: String::new(),
        marks_required,
        reasons: Default::default(),
    }
}

/// The small pack with a few phrases that have marks.
fn marked_pack() -> Jurisdiction {
    let mut pack = plain();
    pack.cues.push(cue("trễ hẹn", Direction::In, "delay", false));
    pack.cues.push(cue("tố cáo", Direction::Out, "denunciation", true));
    pack.cues.push(cue("to cao", Direction::Flag, "denunciation_suspected", false));
    pack.cues.push(cue("không", Direction::None, "negation", false));
    pack.cues.push(cue("quầy trễ hẹn", Direction::None, "", false));
    pack
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::build(&marked_pack(), &[], None).unwrap())
}

fn cue_phrases(text: &str) -> Vec<String> {
    let reasons = engine().judge(None, text).reasons;
    let cues = reasons.into_iter().filter(|r| r.kind == ReasonKind::Cue);
    cues.map(|r| r.phrase).collect()
}

#[test]
fn cues_read_marks_negation_and_names() {
    assert_eq!(cue_phrases("Hồ sơ trễ hẹn rồi"), ["trễ hẹn"]);
    assert_eq!(cue_phrases("ho so tre hen roi"), ["tre hen"]);
    assert!(cue_phrases("Hồ sơ không trễ hẹn").is_empty());
    assert!(cue_phrases("Hồ sơ không bị trễ hẹn").is_empty());
    assert!(cue_phrases("Gặp ở quầy trễ hẹn").is_empty());
    assert!(cue_phrases("Con trẻ hẹn nhau ra đây chơi").is_empty());
}

#[test]
fn a_legal_class_needs_its_marks() {
    let suspected = |text: &str| {
        let judgement = engine().judge(None, text);
        assert_ne!(judgement.category.as_deref(), Some("denunciation"), "{text}");
        judgement.flags.contains(&Flag::DenunciationSuspected)
    };
    let unmarked = engine().judge(None, "toi muon to cao ong nay nhan tien");
    assert_eq!(unmarked.scope, Scope::Ask);
    assert!(suspected("toi muon to cao ong nay nhan tien"));
    assert!(!suspected("Cái cột đèn ở đây tô cao quá, nhìn rất chướng mắt"));
    assert!(!suspected("Nhà hàng xóm đổ bê tông to cao quá, chắn hết ánh sáng của tôi"));
    let named = engine().judge(None, "Tôi tố cáo ông A, he took a bribe, cash in an envelope");
    assert!(named.flags.contains(&Flag::DenunciationSuspected));
}

#[test]
fn every_judgement_explains_itself() {
    let text = "I was promised by March that the permit would be ready. Still waiting in June.";
    let judgement = engine().judge(Some("Permit"), text);
    let sum: f64 = judgement.scores.values().sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert_eq!(judgement.likely, Scope::In);
    assert_eq!(judgement.category.as_deref(), Some("delay"));
    assert_eq!(judgement.labels.iter().filter(|l| l.lead).count(), 1);
    let weights: f64 = judgement.reasons.iter().map(|r| r.weight).sum();
    assert!((weights - 1.0).abs() < 1e-6, "{weights}");
    assert!(judgement.reasons.iter().any(|r| r.kind == ReasonKind::Law && r.basis.is_some()));
    for reason in &judgement.reasons {
        if matches!(reason.kind, ReasonKind::Cue | ReasonKind::Model) {
            let there: String = text.chars().skip(reason.offset).take(reason.length).collect();
            assert_eq!(there, reason.phrase);
        }
    }
    assert!(!judgement.neighbours.is_empty());
}

/// What a text does is said where it does it: two texts about the same permit.
#[test]
fn acts_of_speech_are_reasons() {
    let engine = Engine::build(&plain(), &[], None).unwrap();
    let tells = "I applied for a fence permit and there is still no answer, I came three times.";
    let asks = "Could you tell me how much a fence permit costs and which form I need?";
    for (text, side, act) in
        [(tells, Scope::In, "tells of a result not given"), (asks, Scope::Out, "asks")]
    {
        let judged = engine.judge(None, text);
        assert_eq!(judged.likely, side, "{text}: {judged:?}");
        let found = judged.reasons.iter().find(|r| r.why.get("en").is_some_and(|w| w == act));
        let found = found.unwrap_or_else(|| panic!("{act}: {:?}", judged.reasons));
        assert_eq!((found.kind, found.toward.as_str()), (ReasonKind::Cue, side.word()));
        let marked: String = text.chars().skip(found.offset).take(found.length).collect();
        assert_eq!(marked, found.phrase);
    }
}

#[test]
fn an_officers_label_counts_at_once_and_can_be_forgotten() {
    let engine = Engine::build(&plain(), &[], None).unwrap();
    let text = "The clerk at window four kept my deed since the winter and will not say why.";
    let before = engine.judge(None, text);
    let other = if before.likely == Scope::In { Scope::Out } else { Scope::In };
    let category = if other == Scope::In { "delay" } else { "question" };
    let example = |scope, category: &str| Example {
        number: Some("PV26-000001-1".to_owned()),
        text: text.to_owned(),
        language: "en".to_owned(),
        scope,
        category: category.to_owned(),
        writer: String::new(),
    };
    engine.learn(example(other, category));
    let after = engine.judge(None, text);
    assert_eq!((after.likely, after.category.as_deref()), (other, Some(category)));
    assert_eq!(after.neighbours[0].number.as_deref(), Some("PV26-000001-1"));
    assert!((after.neighbours[0].similarity - 1.0).abs() < 1e-9);
    engine.learn(example(before.likely, before.category.as_deref().unwrap()));
    assert_eq!(engine.judge(None, text).likely, before.likely);
    engine.forget("PV26-000001-1");
    assert_eq!(engine.judge(None, text), before);
}

#[test]
fn the_model_survives_as_bytes_and_training_is_repeatable() {
    let pack = plain();
    let first = Engine::build(&pack, &[], None).unwrap();
    let second = Engine::build(&pack, &[], None).unwrap();
    assert_eq!(first.model_bytes(), second.model_bytes());
    let restored = Engine::build(&pack, &[], Some(&first.model_bytes())).unwrap();
    assert_eq!(restored.model_name(), first.model_name());
    let text = "How much is a copy of my birth certificate, and where do I pay?";
    assert_eq!(restored.judge(None, text), first.judge(None, text));
    let broken = Engine::build(&pack, &[], Some(b"nonsense")).unwrap();
    assert_eq!(broken.model_name(), first.model_name());
    let mut cut = first.model_bytes();
    cut.truncate(cut.len() - 3);
    assert_eq!(Engine::build(&pack, &[], Some(&cut)).unwrap().model_name(), first.model_name());
}

#[test]
fn without_exemplars_everything_is_a_question_for_an_officer() {
    let mut pack = plain();
    pack.exemplars.clear();
    let engine = Engine::build(&pack, &[], None).unwrap();
    let judgement = engine.judge(None, "still waiting, no reply since May");
    assert_eq!((judgement.scope, judgement.likely), (Scope::Ask, Scope::In));
    assert_eq!(judgement.category.as_deref(), Some("delay"));
    assert_eq!(engine.judge(None, "").scope, Scope::Ask);
    assert!(engine.model_bytes().is_empty());
}

#[test]
fn personal_data_and_other_languages_are_flagged() {
    let judgement = engine().judge(None, "Call me at 0871234567 about my housing application");
    assert!(judgement.flags.contains(&Flag::PersonalData));
    assert!(!judgement.flags.contains(&Flag::ForeignLanguage));
    let other = "Đường trước trường học ngập nước, xe máy chết máy hàng loạt, học sinh ướt hết";
    assert!(engine().judge(None, other).flags.contains(&Flag::ForeignLanguage));
}

fn file(lines: &[(&str, &str)]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for (text, label) in lines {
        let line = serde_json::json!({"text": text, "mood": label, "scope": label, "source": "s"});
        writeln!(file, "{line}").unwrap();
    }
    file
}

#[test]
fn evaluation_learns_any_labels_from_a_file() {
    let good = ["what a fine day", "a fine and lovely song", "lovely people", "fine work"];
    let bad = ["what an awful day", "an awful and ugly song", "ugly people", "awful work"];
    let mut lines: Vec<(&str, &str)> = good.iter().map(|text| (*text, "good")).collect();
    lines.extend(bad.iter().map(|text| (*text, "bad")));
    let train = file(&lines);
    let test = file(&[("a lovely day", "good"), ("ugly song", "bad"), ("who knows", "ask")]);
    let question = Question {
        test: test.path(),
        train: Some(train.path()),
        label: "mood",
        by: Some("source"),
        with_intervals: false,
    };
    let evaluation = evaluate(&question, &plain(), |_| {}).unwrap();
    assert!(evaluation.intervals.is_none());
    let figures = &evaluation.figures;
    assert_eq!((figures.n, figures.ask.n), (3, 1));
    assert_eq!((figures.accuracy, figures.auroc), (Some(1.0), Some(1.0)));
    assert_eq!(evaluation.by.as_ref().unwrap()["s"].n, 3);
    assert_eq!(evaluation.outcomes.len(), 3);
    for outcome in &evaluation.outcomes {
        assert_ne!(outcome.label, "ask");
        assert!((outcome.scores.values().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(outcome.flags.is_none());
    }
}

#[test]
fn evaluation_measures_the_pack_as_shipped() {
    let test = file(&[
        ("Still waiting for my permit, promised by May, and it is August", "in"),
        ("Where do I find the form for a dog licence?", "out"),
    ]);
    let question = Question {
        test: test.path(),
        train: None,
        label: "scope",
        by: None,
        with_intervals: false,
    };
    let evaluation = evaluate(&question, &plain(), |_| {}).unwrap();
    assert_eq!(evaluation.figures.n, 2);
    let outcome = &evaluation.outcomes[0];
    assert_eq!(outcome.scores.keys().map(String::as_str).collect::<Vec<_>>(), ["in", "out"]);
    assert!(outcome.flags.is_some());
    let question = Question { label: "colour", ..question };
    assert!(evaluate(&question, &plain(), |_| {}).is_err());
    let broken = file(&[]);
    std::fs::write(broken.path(), "{\"text\": 1}\n").unwrap();
    let question = Question { test: broken.path(), label: "scope", ..question };
    let error = evaluate(&question, &plain(), |_| {}).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

/// The intervals hold the figures, are the same each time, and are narrower for more texts.
#[test]
fn figures_have_intervals() {
    let pairs = [
        ("Still waiting for my permit, promised by May, and it is August", "in"),
        ("Where do I find the form for a dog licence?", "out"),
        ("The clerk wanted a paper that the list does not hold", "out"),
        ("Where is my permit?", "in"),
    ];
    let width = |times: usize| {
        let test = file(&pairs.repeat(times));
        let question = Question {
            test: test.path(),
            train: None,
            label: "scope",
            by: Some("source"),
            with_intervals: true,
        };
        let evaluation = evaluate(&question, &plain(), |_| {}).unwrap();
        let again = evaluate(&question, &plain(), |_| {}).unwrap().intervals.unwrap();
        let intervals = evaluation.intervals.unwrap();
        let named: Vec<&str> = intervals.keys().map(String::as_str).collect();
        assert_eq!(named, ["", "s"]);
        let whole = &intervals[""];
        let figures = &evaluation.figures;
        for (interval, figure) in [
            (whole.accuracy, figures.accuracy),
            (whole.auroc, figures.auroc),
            (whole.coverage, figures.coverage),
        ] {
            let ([low, high], figure) = (interval.unwrap(), figure.unwrap());
            assert!(low <= figure && figure <= high, "{low} to {high}: {figure}");
        }
        assert_eq!(whole.accuracy, again[""].accuracy);
        let [low, high] = whole.accuracy.unwrap();
        high - low
    };
    let (few, many) = (width(5), width(50));
    assert!(many < few / 2.0 && many > 0.0, "{few}, {many}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn form_and_case_change_no_judgement(text in "[a-zA-ZăâêôơưđáàảãạếềểễệốồổỗộĐÂ ,.?]{10,80}") {
        let composed = engine().judge(None, &text);
        let decomposed = engine().judge(None, &text.nfd().collect::<String>());
        prop_assert_eq!(&composed, &decomposed);
        let capitals = engine().judge(None, &text.to_uppercase());
        prop_assert_eq!(composed.likely, capitals.likely);
        prop_assert!((composed.confidence - capitals.confidence).abs() < 1e-9);
    }

    #[test]
    fn any_text_is_judged(text in "\\PC{0,300}") {
        let judgement = engine().judge(None, &text);
        prop_assert!((0.5..=1.0).contains(&judgement.confidence));
        prop_assert!(judgement.reasons.iter().all(|r| r.weight.is_finite()));
    }
}

/// What is claimed of a phrase is true: without it, the score moves away from where it pulled.
#[test]
fn without_its_strongest_phrase_a_text_moves_the_other_way() {
    let (engine, pack) = (engine(), plain());
    let side = |toward: &str| match toward {
        "in" => Some(Scope::In),
        "out" => Some(Scope::Out),
        code => pack.category(code).map(|category| category.scope),
    };
    let (mut moved, mut all) = (0, 0);
    for example in &pack.exemplars {
        let judged = engine.judge(None, &example.text);
        let in_text =
            |r: &&dangvan::domain::scope::Reason| r.length > 0 && side(&r.toward).is_some();
        let Some(top) = judged.reasons.iter().find(in_text) else { continue };
        let kept = |(at, c): (usize, char)| {
            (at < top.offset || at >= top.offset + top.length).then_some(c)
        };
        let without: String = example.text.chars().enumerate().filter_map(kept).collect();
        let change = engine.judge(None, &without).scores["in"] - judged.scores["in"];
        let claimed = side(&top.toward) == Some(Scope::In);
        all += 1;
        // Where the score is as good as sure already, it cannot move far.
        moved += usize::from(if claimed { change <= 1e-3 } else { change >= -1e-3 });
    }
    assert!(all > 100, "{all} texts have a phrase that speaks");
    let share = f64::from(u32::try_from(moved).unwrap()) / f64::from(u32::try_from(all).unwrap());
    assert!(share >= 0.9, "{moved} of {all} moved as claimed");
}

/// Plain emergencies are seen; the trade of those who prevent them is none.
#[test]
fn an_emergency_is_urgent() {
    let rules = dangvan::pack::read_embedded("hcmc").unwrap();
    let engine = Engine::build(&rules, &[], None).unwrap();
    let is_urgent = |text: &str| engine.judge(None, text).flags.contains(&Flag::Urgent);
    for text in [
        "Đang có đám cháy trong nhà dân ở hẻm 12, người mắc kẹt bên trong, cứu với!",
        "Dang co dam chay trong nha dan, nguoi mac ket ben trong, cuu voi",
        "Cháy nhà! Khói mù mịt ở lầu ba, xin tới gấp.",
        "Có người đang bị đánh đập dã man trước cổng chợ, chảy máu nhiều, cấp cứu gấp",
        "Con tôi bị tai nạn đang nguy kịch, xin gọi cấp cứu giúp",
    ] {
        assert!(is_urgent(text), "{text}");
    }
    for text in [
        "Tôi nộp hồ sơ nghiệm thu phòng cháy chữa cháy đã quá hẹn hai tháng.",
        "Nhà tôi đang bị đánh thuế hai lần cho một thửa đất, xin xem lại.",
        "Hồ sơ của tôi bị mắc kẹt trên hệ thống dịch vụ công suốt ba tuần.",
    ] {
        assert!(!is_urgent(text), "{text}");
    }
}
