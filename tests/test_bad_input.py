"""Bad input: one clear line that says what, where, how many and what to do, or a counted note."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, save_npz

from pipelines.config import check_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.stages import Run
from pipelines.template import config_text
from workbench.errors import InputError
from workbench.report import Report
from workbench.workspace import Workspace

FILES = {
    "clicks.csv": (
        "user_query,object_id,action_name,session_id,position\n"
        "adidas blue,i1,impression,s1,1\n"
        "adidas blue,i1,click,s1,1\n"
        "adidas blue,i2,impression,s1,2\n"
        "nike bag,i2,impression,s2,1\n"
        "nike bag,i2,click,s2,1\n"
        "nike bag,i3,impression,s2,2\n"
    ),
    "items.csv": (
        "id,title,brand,color,product_type\n"
        "i1,adidas run blue,adidas,Blue,Shoes\n"
        "i2,Nike bag,Nike,Red,Bags\n"
        "i3,Nike run,Nike,Blue,Shoes\n"
    ),
    "tree.csv": "category_id,parent_id,name\nall,,All\nshoes,all,Shoes\nbags,all,Bags\n",
    "aliases.csv": "attribute,value,alias,locale\nColor,Blue,青,ja\nColor,Red,赤,ja\n",
    "applies.csv": "category_id,attribute\nall,Brand\nall,Color\n",
    "texts.csv": "instance_id,text,split\na,red shoe,train\nb,blue shoe,train\nc,red bag,test\n",
    "labels.csv": "instance_id,label_id\na,red\nb,blue\nc,red\n",
    "names.txt": "red\nblue\ngreen\n",
}


@dataclass(frozen=True)
class Bad:
    """One way in which input is bad: what is done to the files, and what must be said."""

    says: str
    files: dict[str, str | bytes | Callable[[Path], None]]
    counted: bool = False
    way: str = "shop"


def _matrix(shape: tuple[int, int]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        values = csr_array((np.ones(3), (np.arange(3), [0, 1, 0])), shape=shape)
        save_npz(path, values)

    return write


def _parquet_cut_short(path: Path) -> None:
    pd.DataFrame({"instance_id": ["a"], "label_id": ["red"]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])


CLICKS, ITEMS, TREE = FILES["clicks.csv"], FILES["items.csv"], FILES["tree.csv"]
CASES = {
    "a file that is not there": Bad(
        r"clicks\.csv does not exist; correct the path", {"clicks.csv": lambda p: p.unlink()}
    ),
    "missing column": Bad(
        r"clicks\.csv: .*'user_query'.*found.*query",
        {"clicks.csv": CLICKS.replace("user_query", "query")},
    ),
    "wrong type": Bad(
        r"clicks\.csv: 'position' .*found 2 other values \(line 2: 'one', line 3: 'one'\)",
        {"clicks.csv": CLICKS.replace("s1,1\n", "s1,one\n")},
    ),
    "position of zero": Bad(
        r"'position' must be 1 or more.*line 2: '0'.*leave the column out",
        {"clicks.csv": CLICKS.replace("impression,s1,1\n", "impression,s1,0\n")},
    ),
    "empty file": Bad(r"clicks\.csv.* is empty", {"clicks.csv": ""}),
    "only a header": Bad(r"items\.csv.*no rows", {"items.csv": ITEMS.splitlines()[0] + "\n"}),
    "duplicate keys": Bad(
        r"items\.csv: .*must be unique, found 1 value on more than one row.*i1",
        {"items.csv": ITEMS + "i1,again,adidas,Blue,Shoes\n"},
    ),
    "the same item twice with the same values": Bad(
        "items.csv: rows that repeat another one, counted once: 1",
        {"items.csv": ITEMS + "i1,adidas run blue,adidas,Blue,Shoes\n"},
        counted=True,
    ),
    "values that differ in case and width only": Bad(
        r"spellings unified with a value: 2 .*'Color: BLUE → Blue', 'Color: Ｂｌｕｅ → Blue'",
        {"items.csv": ITEMS + "i4,a,Nike,BLUE,Bags\ni5,b,Nike,Ｂｌｕｅ,Bags\n"},
        counted=True,
    ),
    "empty values": Bad(
        r"items without Color: 2\b",
        {"items.csv": ITEMS + "i4,a,Nike,,Bags\ni5,b,Nike, ,Bags\n"},
        counted=True,
    ),
    "a category that the taxonomy does not have": Bad(
        "items whose category is not in the taxonomy: 1 .*'Garden'",
        {"items.csv": ITEMS + "i4,a,Nike,Red,Garden\n"},
        counted=True,
    ),
    "twins in the taxonomy": Bad(
        r"tree\.csv: .*must differ in name, found 1 .*'shoes' and 'boots'",
        {"tree.csv": TREE + "boots,all,ＳＨＯＥＳ\n"},
    ),
    "an alias of two values": Bad(
        r"aliases\.csv: spellings that stand for two values, and so for none: 1 .*Blue, Red",
        {"aliases.csv": FILES["aliases.csv"] + "Color,Red,青,ja\n"},
        counted=True,
        way="aliases",
    ),
    "an alias of a value that no item has": Bad(
        "aliases of values that no item has: 1 .*'Color: Green'",
        {"aliases.csv": FILES["aliases.csv"] + "Color,Green,緑,ja\n"},
        counted=True,
        way="aliases",
    ),
    "an unknown attribute of a category": Bad(
        r"applies\.csv: attributes that no item has: 1 .*'Aroma'",
        {"applies.csv": FILES["applies.csv"] + "all,Aroma\n"},
        counted=True,
        way="aliases",
    ),
    "an attribute of an unknown category": Bad(
        r"applies\.csv: categories not in the taxonomy: 1 .*'garden'",
        {"applies.csv": FILES["applies.csv"] + "garden,Color\n"},
        counted=True,
        way="aliases",
    ),
    "mixed encodings": Bad(
        r"items\.csv: .*UTF-8.*line 5",
        {"items.csv": ITEMS.encode() + "i4,青,Nike,Red,Bags\n".encode("cp932")},
    ),
    "a circle in the taxonomy": Bad(
        r"tree\.csv: .*shoes → all → shoes|tree\.csv: .*all → shoes → all",
        {"tree.csv": TREE.replace("all,,All", "all,shoes,All")},
    ),
    "a parent that is not there": Bad(
        r"tree\.csv: .*garden", {"tree.csv": TREE + "hose,garden,Hoses\n"}
    ),
    "an item that is not in the catalog": Bad(
        "rows on items that are not in the catalog: 1 .*'i9'",
        {"clicks.csv": CLICKS + "nike bag,i9,click,s3,1\n"},
        counted=True,
    ),
    "a query that is empty after normalisation": Bad(
        "rows whose query is empty: 1",
        {"clicks.csv": CLICKS + '"　 ",i2,click,s3,1\n'},
        counted=True,
    ),
    "labels that nobody carries": Bad(
        "labels that nobody carries .*: 1 .*'green'",
        {"labels.npz": _matrix((3, 3))},
        counted=True,
        way="matrix",
    ),
    "a matrix that does not fit its texts": Bad(
        r"expected 3 rows .* and 3 columns .*, found \(4, 3\)",
        {"labels.npz": _matrix((4, 3))},
        way="matrix",
    ),
    "a damaged matrix": Bad(
        "cannot be read as a sparse matrix", {"labels.npz": b"PK\x03\x04nothing"}, way="matrix"
    ),
    "two labels of one name": Bad(
        r"1 names stand on more than one line: \['red'\]",
        {"labels.npz": _matrix((3, 3)), "names.txt": "red\nblue\nred\n"},
        way="matrix",
    ),
    "a label on an unknown instance": Bad(
        "labels on instances that have no text .*: 1 .*'z'",
        {"labels.csv": FILES["labels.csv"] + "z,red\n"},
        counted=True,
        way="labels",
    ),
    "a pair named twice": Bad(
        r"pairs named more than once .*: 1 .*'a / red'",
        {"labels.csv": FILES["labels.csv"] + "a,red\n"},
        counted=True,
        way="labels",
    ),
    "an instance named twice": Bad(
        r"texts\.csv: 'instance_id' must be unique, found 1 value .*'a' 2 times",
        {"texts.csv": FILES["texts.csv"] + "a,blue hat,train\n"},
        way="labels",
    ),
    "an empty text": Bad(
        "instances with an empty text .*: 1 .*'a'",
        {"texts.csv": FILES["texts.csv"].replace("red shoe", "")},
        counted=True,
        way="labels",
    ),
    "an unknown split": Bad(
        r"'split' must be.*line 4: 'dev'",
        {"texts.csv": FILES["texts.csv"].replace("test", "dev")},
        way="labels",
    ),
    "a truncated Parquet file": Bad(
        r"labels\.parquet", {"labels.parquet": _parquet_cut_short}, way="parquet"
    ),
    "no label on any text": Bad(
        r"no label is on an instance of texts\.csv; check that both name",
        {"labels.csv": "instance_id,label_id\nz,red\n"},
        way="labels",
    ),
}


def _config(way: str) -> str:
    if way in ("shop", "aliases"):
        more = way == "aliases"
        catalog = {
            "path": "items.csv",
            "columns": {},
            "attributes": {"Brand": "brand", "Color": "color"},
            "category": "product_type",
            "exclusive": ["Brand"],
            "units": {},
        }
        taxonomy = {"path": "tree.csv", "attributes_path": "applies.csv" if more else None}
        aliases = "aliases.csv" if more else None
        clicks = {"path": "clicks.csv"}
        return config_text(
            "bad", clicks=clicks, catalog=catalog, taxonomy=taxonomy, aliases=aliases
        )
    pairs = {"matrix": "labels.npz", "parquet": "labels.parquet"}.get(way, "labels.csv")
    labels = {
        "texts": "texts.csv",
        "pairs": pairs,
        "label_names": "names.txt" if way == "matrix" else None,
        "text_columns": {},
        "pair_columns": {},
        "separator": "",
    }
    return config_text("bad", labels=labels)


def _ingest(folder: Path, way: str, changed: dict[str, object]) -> Report:
    text = _config(way)
    workspace = Workspace.create(folder, text)
    for name, content in (FILES | changed).items():
        path = folder / name
        if callable(content):
            path.write_text(FILES.get(name, ""), encoding="utf-8")
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(str(content), encoding="utf-8")
    config = check_config(tomllib.loads(text), "workbench.toml")
    artefact = ingest(Run(workspace, config, Terminal(quiet=True)))
    return Report.from_dict(artefact.json("report"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input_is_named_or_counted(case, tmp_path):
    if case.counted:
        lines = "\n".join(_ingest(tmp_path / "w", case.way, case.files).lines())
        assert re.search(case.says, lines), lines
        return
    with pytest.raises(InputError, match=case.says) as raised:
        _ingest(tmp_path / "w", case.way, case.files)
    assert "\n" not in str(raised.value)
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize("way", ["shop", "aliases", "labels"])
def test_good_input_is_read_whole(way, tmp_path):
    report = _ingest(tmp_path / "w", way, {})
    assert report.counted("rows on items that are not in the catalog") == 0
