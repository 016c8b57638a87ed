"""Six ordinary methods of scikit-learn on the same texts as `dangvan evaluate`, to compare with.

In an environment of its own, which the repository ignores:

    python3 -m venv target/peers
    target/peers/bin/pip install -r tests/benches/peers/requirements.txt
    target/peers/bin/python tests/benches/peers/peers.py --train F.jsonl --test F.jsonl --label topic

Files are JSON lines, or CSV with a header, with a field `text`. Lines labelled `ask` are left out,
as `evaluate` does. `--json` prints an object a line instead of the table.

With `--stream DIR`, where `cargo bench --bench scope -- --stream --out DIR` has written, the six are
trained anew after each hundred decisions and stand beside the engine: AUROC of in against out, and
how many have the right side.
"""

import argparse
import csv
import json
import sys
import unicodedata
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

STEP = 100
ASK = "ask"

METHODS = {
    "linear SVM": lambda: LinearSVC(),
    "logistic regression": lambda: LogisticRegression(max_iter=2000),
    "complement NB": lambda: ComplementNB(),
}


def peers():
    """The six: name and a fresh pipeline."""
    for features in ("words 1-2", "words 1-2, characters 2-5"):
        for name, method in METHODS.items():
            words = TfidfVectorizer(
                ngram_range=(1, 2), token_pattern=r"(?u)\S+", sublinear_tf=True
            )
            parts = [words]
            if "characters" in features:
                parts.append(
                    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
                )
            yield f"{name}, {features}", make_pipeline(make_union(*parts), method())


def read(path, label):
    """The texts in NFC and their labels."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            lines = list(csv.DictReader(file))
        else:
            lines = [json.loads(line) for line in file if line.strip()]
    lines = [line for line in lines if line[label] != ASK]
    return [unicodedata.normalize("NFC", line["text"]) for line in lines], [
        line[label] for line in lines
    ]


def compare(args):
    """Each peer on a training and a test file."""
    taught, taught_labels = read(args.train, args.label)
    texts, labels = read(args.test, args.label)
    if not args.json:
        print(f"{'':48}  macro-F1  weighted-F1  accuracy")
    for name, peer in peers():
        said = peer.fit(taught, taught_labels).predict(texts)
        row = {
            "peer": name,
            "macro_f1": f1_score(labels, said, average="macro"),
            "weighted_f1": f1_score(labels, said, average="weighted"),
            "accuracy": accuracy_score(labels, said),
        }
        if args.json:
            print(json.dumps(row))
        else:
            numbers = (row["macro_f1"], row["weighted_f1"], row["accuracy"])
            print("{:48}  {:8.3f}  {:11.3f}  {:8.3f}".format(name, *numbers), flush=True)


def follow(folder):
    """Each peer trained anew along the stream of a folder, beside the engine."""
    taught, sides = read(folder / "stream.jsonl", "scope")
    texts, golds = read(folder / "test.jsonl", "scope")
    is_in = [gold == "in" for gold in golds]
    with open(folder / "engine.jsonl", encoding="utf-8") as file:
        engine = [json.loads(line) for line in file]
    counts = [row["learned"] for row in engine]
    print(f"{folder}: AUROC / side right after so many decisions")
    print(f"{'':48}" + "".join(f"{count:>13}" for count in counts))
    show("the engine", [(row["auroc"], row["accuracy"]) for row in engine])
    for name, peer in peers():
        cells = []
        for count in counts:
            peer.fit(taught[:count], sides[:count])
            cells.append((roc_auc_score(is_in, values(peer, texts)), peer.score(texts, golds)))
        show(name, cells)


def values(peer, texts):
    """How strongly each text is held to be in."""
    if hasattr(peer, "decision_function"):
        value = peer.decision_function(texts)
        return value if peer.classes_[1] == "in" else -value
    return peer.predict_proba(texts)[:, list(peer.classes_).index("in")]


def show(name, cells):
    print(f"{name:48}" + "".join(f"{a:7.3f}/{b:.3f}" for a, b in cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--label", default="scope")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stream", type=Path, metavar="DIR")
    args = parser.parse_args()
    if args.stream:
        for folder in sorted(path.parent for path in args.stream.rglob("stream.jsonl")):
            follow(folder)
    elif args.train and args.test:
        compare(args)
    else:
        parser.print_usage(sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
