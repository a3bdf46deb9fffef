"""Grammar files in, recognised lines out; knows nothing about what an OOM report means.

Public names: ``load_grammar``, ``Matcher``, ``Match``, ``Diagnosis``, ``TableReader``.
"""

from oomlog.grammar.diagnose import Diagnosis, diagnose
from oomlog.grammar.load import default_grammar, find_folder, load_grammar, read_file, read_files
from oomlog.grammar.match import Match, Matcher
from oomlog.grammar.model import Column, Grammar, Variant
from oomlog.grammar.table import TableReader

__all__ = [
    "Column",
    "Diagnosis",
    "Grammar",
    "Match",
    "Matcher",
    "TableReader",
    "Variant",
    "default_grammar",
    "diagnose",
    "find_folder",
    "load_grammar",
    "read_file",
    "read_files",
]
