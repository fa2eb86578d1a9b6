"""The workspace folder: where artefacts, label versions, models, exports and decisions lie."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.errors import ConfigError, MissingArtefactError, WorkbenchError
from workbench.workspace.artefacts import (
    Artefact,
    newest_artefact,
    open_artefact,
    publish,
    replace_file,
)
from workbench.workspace.decisions import decisions_location
from workbench.workspace.fingerprints import hashes_of_files
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.locking import check_writable, locked
from workbench.workspace.remaking import CONFIG_NAME

STAGES = ("ingest", "label", "features", "score", "flag")


class Workspace:
    """A folder with a configuration and everything made from it.

    Parameters
    ----------
    root : Path
        An existing workspace; see :meth:`create` for a new one.

    Raises
    ------
    MissingArtefactError
        If the folder holds no ``workbench.toml``.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        if not self.config_path.is_file():
            here = (Path.cwd() / CONFIG_NAME).is_file()
            raise MissingArtefactError(
                f"{self.root} is not a workspace: it has no {CONFIG_NAME}; "
                + (
                    "the folder you are in is one: name it first, as ."
                    if here
                    else "name a workspace, or make one: see workbench init --help"
                )
            )

    @classmethod
    def create(cls, root: Path, config_text: str) -> Workspace:
        """Make a new workspace folder with this configuration and return it.

        Raises
        ------
        WorkbenchError
            If the folder is a workspace already.
        """
        root = Path(root)
        if (root / CONFIG_NAME).exists():
            raise WorkbenchError(f"{root} is a workspace already; choose another folder")
        root.mkdir(parents=True, exist_ok=True)
        replace_file(root / CONFIG_NAME, config_text)
        return cls(root)

    @property
    def quoted(self) -> str:
        """The folder as a shell takes it, for commands that messages suggest."""
        return shlex.quote(str(self.root))

    @property
    def config_path(self) -> Path:
        """The configuration file."""
        return self.root / CONFIG_NAME

    @property
    def decisions_path(self) -> Path:
        """The decision store, where no other one is configured."""
        return self.root / "decisions.sqlite"

    def decisions_location(self) -> str | Path:
        """Return the decision store: what ``[workspace] decisions`` names, else our own file.

        Raises
        ------
        ConfigError
            If it names an environment variable that is not set, or no database that we know.
        """
        setting = self.config().get("workspace", {}).get("decisions")
        return self.decisions_path if setting is None else decisions_location(setting, self.root)

    def has_decisions(self) -> bool:
        """Say whether there is a decision store; one by URL is made by the first who asks it."""
        location = self.decisions_location()
        return isinstance(location, str) or location.exists()

    @property
    def exports_folder(self) -> Path:
        """Where exports go unless the user names another place."""
        return self.root / "exports"

    def hashes_of(self, files: Iterable[Path]) -> list[str]:
        """Return the sha256 of input files, remembered until their size or time changes."""
        return hashes_of_files(self.root / "file_hashes.json", files)

    def artefact(self, stage: str) -> Artefact:
        """Return the current artefact of a stage.

        Raises
        ------
        MissingArtefactError
            Naming the command that makes it.
        """
        if not self.has(stage):
            # All stages of a run become current at once.
            if self.has("label") and stage not in self.current():
                raise MissingArtefactError(
                    f"{self.root} has no result of the stage '{stage}': the newest run made labels "
                    "but no model, for want of instances; give more, then: workbench run "
                    f"{self.quoted}"
                )
            raise MissingArtefactError(
                f"{self.root} has no result of the stage '{stage}' yet; "
                f"make it with: workbench run {self.quoted}"
            )
        return open_artefact(self._folder(stage, self.current()[stage]))

    def has(self, stage: str) -> bool:
        """Say whether the stage has a current artefact."""
        fingerprint = self.current().get(stage)
        return fingerprint is not None and self._folder(stage, fingerprint).exists()

    def made_earlier(self, what: str) -> str:
        """Return what to do about a result that an earlier version made, without some part."""
        return (
            f"{what} of {self.root} come from an earlier version, without all that is read now; "
            f"make them anew with: workbench run {self.quoted}"
        )

    def find_artefact(self, stage: str, fingerprint: str) -> Artefact | None:
        """Return the artefact made from exactly this, or None if there is none."""
        folder = self._folder(stage, fingerprint)
        return open_artefact(folder) if folder.exists() else None

    def previous_artefact(self, stage: str, *, holding: Iterable[str] = ()) -> Artefact | None:
        """Return the newest artefact of a stage beside the current one; None if there is none.

        Parameters
        ----------
        holding : iterable of str
            Files it must have; artefacts of older versions may lack some.
        """
        folder, current = self.root / "artefacts" / stage, self.current().get(stage)
        return newest_artefact(folder, holding=tuple(holding), but=current)

    def publish(
        self, stage: str, fingerprint: str, about: Mapping[str, Any]
    ) -> AbstractContextManager[Path]:
        """Give a folder to write into that becomes the artefact of this fingerprint."""
        return publish(
            self._folder(stage, fingerprint),
            dict(about) | {"stage": stage, "fingerprint": fingerprint},
        )

    def current(self) -> dict[str, str]:
        """Return the fingerprint of every stage's current artefact."""
        path = self.root / "current.json"
        try:
            found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(found, dict) or not all(
                isinstance(name, str) for name in found.values()
            ):
                raise ValueError("it has to name a result for each stage")
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise WorkbenchError(
                f"{path} is damaged ({error}); delete it and run: workbench run {self.quoted}"
            ) from error
        return found

    def make_current(self, pointers: Mapping[str, str]) -> None:
        """Point stages at their artefacts, all of them at once.

        Parameters
        ----------
        pointers : mapping of str to str
            Stage to fingerprint; ``base`` to the label version that the inputs make; and
            ``model v2`` to the id of the model of labels v2.
        """
        changed = self.current() | dict(pointers)
        if changed != self.current():
            replace_file(self.root / "current.json", json.dumps(changed, indent=2, sort_keys=True))

    def label_versions(self) -> list[LabelVersion]:
        """Return all label versions, oldest first."""
        return [self.label_version(name) for name in self.label_names()]

    def label_names(self) -> list[str]:
        """Return the names of all label versions, damaged ones too, oldest first."""
        found = [path.name for path in (self.root / "labels").glob("v*")]
        names = [name for name in found if re.fullmatch(r"v\d+", name)]
        return sorted(names, key=lambda name: int(name[1:]))

    def label_version(self, name: str) -> LabelVersion:
        """Return one label version.

        Raises
        ------
        MissingArtefactError
            Listing the versions that exist.
        """
        folder = self.root / "labels" / name
        if not re.fullmatch(r"v\d+", name) or not folder.exists():
            known = ", ".join(self.label_names())
            make = f"make them with: workbench run {self.quoted}"
            raise MissingArtefactError(
                f"there are no labels '{name}' in {self.root}; "
                + (f"there are: {known}" if known else make)
            )
        artefact = open_artefact(folder, says=("parent", "base", "fingerprint"))
        return LabelVersion(name, artefact.manifest["parent"], artefact.manifest["base"], artefact)

    def latest_labels(self, base: str | None = None) -> LabelVersion:
        """Return the newest label version made from ``base``, by default from today's inputs.

        Raises
        ------
        MissingArtefactError
        """
        base = self.current().get("base") if base is None else base
        versions = [v for v in self.label_versions() if base is None or v.base == base]
        if not versions:
            raise MissingArtefactError(
                f"{self.root} has no labels yet; make them with: workbench run {self.quoted}"
            )
        return versions[-1]

    def lineage(self, version: LabelVersion) -> list[LabelVersion]:
        """Return a version and those before it, up to the one that the inputs made."""
        found = [version]
        while found[-1].parent is not None:
            found.append(self.label_version(found[-1].parent))
        return found

    def ingested_for(self, version: LabelVersion) -> Artefact | None:
        """Return what was read of the inputs that a version comes from; None if it is gone."""
        made_of = self.find_artefact("label", self.label_version(version.base).artefact.fingerprint)
        named = None if made_of is None else made_of.manifest.get("depends_on", {}).get("ingest")
        return None if named is None else self.find_artefact("ingest", str(named))

    @contextmanager
    def publish_labels(
        self, parent: LabelVersion | None, fingerprint: str, about: Mapping[str, Any]
    ) -> Iterator[tuple[str, Path]]:
        """Give the next version's name and a folder to write its labels into."""
        numbers = [version.number for version in self.label_versions()]
        name = f"v{max(numbers, default=0) + 1}"
        lineage = {
            "fingerprint": fingerprint,
            "parent": None if parent is None else parent.name,
            "base": name if parent is None else parent.base,
        }
        with publish(self.root / "labels" / name, dict(about) | lineage) as folder:
            yield name, folder

    def current_model(self, version: str) -> Artefact:
        """Return the model of a label version that today's configuration makes.

        Raises
        ------
        MissingArtefactError
            Naming the command that makes it.
        """
        model_id = self.current().get(f"model {version}")
        if model_id is None or not self.model_folder(model_id).exists():
            raise MissingArtefactError(
                f"{self.root} has no model of labels {version} yet; make it with: "
                f"workbench retrain {self.quoted} --labels {version}"
            )
        return self.model(model_id)

    def models(self) -> list[Artefact]:
        """Return all trained models, in the order of their names."""
        return [self.model(path.name) for path in self.model_folders()]

    def model_folders(self) -> list[Path]:
        """Return where all trained models lie, damaged ones too, in the order of their names."""
        folders = sorted((self.root / "models").glob("[!.]*"))
        return [path for path in folders if path.is_dir()]

    def measures_path(self, model_id: str) -> Path:
        """Return where it is kept how good a model was found to be."""
        return self.root / "measures" / f"{model_id}.json"

    def model_folder(self, model_id: str) -> Path:
        """Return where a model lies or would lie."""
        return self.root / "models" / model_id

    def unfinished_folder(self, model_id: str) -> Path:
        """Return where the finished blocks of a model lie while it is trained."""
        return self.root / "unfinished" / model_id

    def unfinished_folders(self) -> list[Path]:
        """Return where the finished blocks of all models lie whose training did not end."""
        return sorted(path for path in (self.root / "unfinished").glob("*") if path.is_dir())

    def model(self, model_id: str) -> Artefact:
        """Return one trained model.

        Raises
        ------
        MissingArtefactError
            Listing the models that exist.
        """
        folder = self.model_folder(model_id)
        if not folder.exists():
            known = ", ".join(path.name for path in self.model_folders())
            make = f"make one with: workbench run {self.quoted}"
            raise MissingArtefactError(
                f"there is no model '{model_id}' in {self.root}; "
                + (f"there are: {known}" if known else make)
            )
        return open_artefact(folder, says=("label_version", "estimator"))

    def comparison_folder(self, name: str) -> Path:
        """Return where a comparison lies or would lie."""
        return self.root / "comparisons" / name

    def comparisons(self) -> list[Artefact]:
        """Return all comparisons, oldest first."""
        folder = self.root / "comparisons"
        found = [open_artefact(path) for path in folder.glob("[!.]*") if path.is_dir()]
        return sorted(found, key=lambda one: str(one.manifest.get("created_at", "")))

    def config(self) -> dict[str, Any]:
        """Return the configuration as it is written, unchecked.

        Raises
        ------
        ConfigError
            If the file cannot be read or is not TOML.
        """
        try:
            return deepcopy(_parsed(self.config_path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.config_path} is not valid TOML: {error}") from error
        except OSError as error:
            raise ConfigError(f"{self.config_path} cannot be read: {error.strerror}") from error

    def check_writable(self) -> None:
        """Raise if nothing can be written here, before work is done that ends in writing.

        Raises
        ------
        WorkbenchError
        """
        check_writable(self.root)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the workspace for writing artefacts; raises if another process holds it."""
        return locked(self.root)

    def _folder(self, stage: str, fingerprint: str) -> Path:
        return self.root / "artefacts" / stage / fingerprint


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    # The app asks for its settings with every decision, and parsing takes milliseconds.
    return tomllib.loads(text)
