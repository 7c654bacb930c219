"""What sentences tell of deals, each understood after those before it: who speaks, of whose lease, and what was agreed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from ingestion.extract.deals.doubt import (
    ANOTHER,
    BEFORE,
    LONELY,
    NAMELESS,
    TENTATIVE,
    UNBOUND,
    UNTOLD,
    is_report,
    landlords,
    of_sentence,
    rivals,
)
from ingestion.extract.deals.names import CELL
from ingestion.extract.deals.numbers import LET, Bound, bound_in, clause_of
from ingestion.extract.deals.parties import NOBODY, UNNAMED, Party, between, main_tenant
from ingestion.extract.deals.said import OFFERED, PURCHASE, Said, turns_of
from ingestion.extract.deals.tables import sentences_of, tenants_of_tables
from ingestion.extract.document import Document
from ingestion.extract.gate import issuer_in
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import Quantity
from ingestion.extract.words import words


@dataclass(frozen=True)
class Sentence:
    """A sentence, in lower case too, with who it names."""

    start: int
    end: int
    lower: str
    here: list[Party]
    names_issuer: bool
    also: str
    """Another landlord that it names, or nothing."""

    @cached_property
    def tenants(self) -> list[Party]:
        return [one for one in self.here if one.role == "tenant"]

    @property
    def of_another(self) -> bool:
        """Whether it tells a deal of another landlord alone, and so what follows it."""
        return self.also != "" and self.tenants != [] and not self.names_issuer


class Discourse:
    """What a document has said so far."""

    def __init__(self, document: Document, parties: list[Party], issuer: str, renting: set[str]) -> None:
        text = document.text
        self.document, self.parties, self.issuer, self.renting = document, parties, issuer, renting
        self.main, self.reports = main_tenant(parties), is_report(document)
        self.has_venture = _says("venture", text)
        self.listed = tenants_of_tables(document, parties, self.main)
        self.others = landlords(text, renting | {issuer} | {one.name for one in parties})
        # A name, as of a company that mines, says nothing about a number.
        self.own = re.compile("|".join(re.escape(one.lower()) for one in (issuer, *words().issuers.get(issuer, ()))))
        # Who speaks, whose numbers the last sentence told, where it ended, and whether it was of what is not agreed.
        self.speaker, self.last, self.done, self.tentative = issuer, NOBODY, 0, False
        # Sentences, each with the tenant whose numbers were told before it.
        self.heard = set[int]()
        # Tenants whom the paragraph has named, its heading, and the document; with whom something was signed; who may take more power.
        self.of_paragraph, self.heading = set[str](), set[str]()
        self.named, self.agreed, self.with_option = set[str](), set[str](), set[str]()
        # Whether the paragraph has said that something was signed with one of them, and whether the sentence answers a question.
        self.signed = self.answers = False
        # Numbers of a deal that nothing says whose or what they are.
        self.left: list[Said] = []
        # The landlord of each tenant whose numbers were told.
        self.landlords: dict[str, str] = {}

    def tell(self) -> Iterator[Said]:
        """The numbers of all sentences."""
        for start, end in sentences_of(self.document):
            lower = self.document.lower[start:end]
            bound, untold, known = self._numbers(start, end, lower)
            sentence = self._sentence(start, end, lower, numbers=bound != [])
            self._follow(sentence)
            beside = rivals(self.document.text, (start, end), known) if bound else {}
            turns = turns_of(self.document.text, start, end, sentence.here, bound) if bound else {}
            of = [(one, self._whose(sentence, one, turns)) for one in bound]
            for one, party in of:
                if party.name and party.role == _role(one.field) and not self._is_of_tenant(sentence, one):
                    yield self._said(sentence, one, party, beside, in_turn=one.quantity.start in turns)
                # Where no tenant is named at all, power may be what a grid gives.
                elif not party.name and one.field in OFFERED and (self.parties or one.field != LET):
                    self._leave(sentence, one, Party(UNNAMED, 0, 0), beside, NAMELESS)
            for one in untold if sentence.tenants and _says("signed", lower) else ():
                one = one._replace(field=LET if one.unit == "MW" else "value")
                self._leave(sentence, one, self._whose(sentence, one, turns), beside, UNTOLD)
            # Whose numbers a sentence tells is who the next one is about.
            told = {party.name for _, party in of}
            named = [one for one in sentence.tenants if one.name in told] or sentence.tenants
            self.last = named[-1] if named else self.last

    def _numbers(self, start: int, end: int, lower: str) -> tuple[list[Bound], list[Bound], set[int]]:
        """The numbers of a sentence that says something new, those that nothing calls anything, and where it has known ones; what is
        said again of the same tenant says nothing new."""
        # Its hash alone, and none of a cell: these by the ten thousand would take the memory that all else takes.
        said, written = hash((lower, self.last.name)), end - start >= SHORTEST
        new = written and said not in self.heard and not words().deal_words["aside"].match(lower)
        self.heard.update([said] if written else ())
        bound, untold, known = bound_in(self.document, start, end) if new else ([], [], set())
        self.tentative = self.tentative and not (new and _says("signed", lower))
        if words().doubtful["not_agreed"].search(lower):
            bound, untold, self.tentative = [], [], True
        return bound, untold, known

    def _leave(self, sentence: Sentence, one: Bound, party: Party, beside: dict[str, set[Decimal]], doubt: str) -> None:
        """Keep a number for a person where nothing else than this speaks against it."""
        if not self._doubt(sentence, one, party, beside):
            place = (sentence.start, sentence.end)
            self.left.append(Said(one.field, party, one.quantity, one.unit, place, self.speaker, doubt))

    def _sentence(self, start: int, end: int, lower: str, *, numbers: bool) -> Sentence:
        here = between(self.parties, start, end)
        asked = numbers or any(one.role == "tenant" for one in here)
        another = self.others.search(self.document.text, start, end) if self.others and asked else None
        names_issuer = self.issuer != "" and self.own.search(lower) is not None
        return Sentence(start, end, lower, here, names_issuer, another.group() if another else "")

    def _follow(self, sentence: Sentence) -> None:
        """Who speaks now, and of whom."""
        text, tenants = self.document.text, {one.name for one in sentence.tenants}
        # What answers a question is of whom that asks about.
        self.answers = "?" in text[max(0, self.done - 3) : self.done]
        fresh = "\n\n" in text[self.done : sentence.start] and not self.answers
        if sentence.of_another:
            self.speaker = issuer_in(text[sentence.start : sentence.end], self.renting)[1]
        elif sentence.names_issuer or fresh:
            self.speaker = self.issuer
        # A heading with a tenant is of the points below it.
        point = text[sentence.end - 1] not in ".!?"
        if tenants or not point:
            self.heading = tenants if point and len(tenants) == 1 and sentence.end - sentence.start <= CELL else set()
        self.of_paragraph = tenants | (self.heading if fresh else self.of_paragraph)
        signs = _says("signed", sentence.lower) and (tenants != set() or _says("with_another", sentence.lower))
        concludes = signs and not words().doubtful["any"].search(sentence.lower)
        self.signed = (self.signed and not fresh) or concludes
        self.agreed |= tenants if self.signed else set()
        self.named |= tenants
        self.done = sentence.end

    def _whose(self, sentence: Sentence, one: Bound, turns: dict[int, Party]) -> Party:
        """Whose a number is: of the one that the sentence names next to it, or of whom was spoken before."""
        quantity = one.quantity
        sellers = [party for party in sentence.here if party.role == "supplier"] if one.field == PURCHASE else []
        near = turns.get(quantity.start) or _nearest(sellers or sentence.here, quantity)
        party = near or self.listed.get(sentence.start, self.last)
        party = party if party.name else self.main
        several = words().deal_words["several"]
        # What all deals come to is told under the first tenant.
        whole = one.field.startswith("cumulative")
        if not party.name and (whole or several.search(self.document.text, sentence.start, sentence.end)):
            return next((one for one in self.parties if one.role == "tenant"), NOBODY)
        return party

    def _is_of_tenant(self, sentence: Sentence, one: Bound) -> bool:
        """Whether a share is the tenant's part of a venture, which is none of the landlord."""
        at = one.quantity.start - sentence.start
        before = (party for party in sentence.tenants if party.end < one.quantity.start)
        return one.field == "share" and any(
            not self.own.search(sentence.lower, party.end - sentence.start, at) for party in before
        )

    def _said(
        self, sentence: Sentence, one: Bound, party: Party, beside: dict[str, set[Decimal]], *, in_turn: bool
    ) -> Said:
        place, listed = (sentence.start, sentence.end), sentence.start in self.listed
        refers = {party.name} == self.named and _says("refers", sentence.lower)
        alone = not sentence.tenants and ({party.name} == self.of_paragraph or refers)
        explicit = sentence.names_issuer or sentence.of_another
        landlord = self.speaker if explicit else self.landlords.get(party.name, self.speaker)
        self.landlords[party.name] = landlord
        doubt = self._doubt(sentence, one, party, beside)
        return Said(one.field, party, one.quantity, one.unit, place, landlord, doubt, in_turn or listed or alone)

    def _doubt(self, sentence: Sentence, one: Bound, party: Party, beside: dict[str, set[Decimal]]) -> str:
        """What speaks against a number of a party, in its sentence and before it."""
        text, start, end, quantity = self.document.text, sentence.start, sentence.end, one.quantity
        ahead, behind = clause_of(text, quantity, start, end)
        clause = f"{ahead}{text[quantity.start : quantity.end]}{behind}".lower()
        listed = start in self.listed
        doubt = of_sentence(
            self._plain(sentence.lower, sentence.also),
            self._plain(clause, sentence.also),
            one.field,
            quantity,
            text[max(start, quantity.start - BEFORE) : quantity.end].lower(),
            beside,
            self.reports and party.name not in self.agreed,
            bool(sentence.here) or listed,
        )
        # A row of a grid of one deal needs no word of a contract, nor what is said of the one just signed or asked for.
        refers = self.signed and not sentence.here and _says("this_one", sentence.lower)
        doubt = "" if doubt == UNBOUND and (listed or refers or self.answers) else doubt
        # A share is one of a venture that lets, and not of another company.
        doubt = doubt or (UNBOUND if one.field == "share" and not self.has_venture else "")
        # What options on further power bring is no renewal's.
        self.with_option |= {party.name} if one.field == "option_critical_mw" else set()
        if one.field == "value_with_extensions" and party.name in self.with_option:
            doubt = doubt or ("" if _says("renews", sentence.lower) else LONELY)
        doubt = doubt or (TENTATIVE if self.tentative and not sentence.here else "")
        return doubt or (ANOTHER.format(sentence.also) if sentence.also and not sentence.of_another else "")

    def _plain(self, lower: str, also: str) -> str:
        """A text in lower case without the names of landlords."""
        return self.own.sub("", lower).replace(also.lower(), "")


def _says(which: str, text: str) -> bool:
    return words().deal_words[which].search(text) is not None


def _role(of: str) -> str:
    return "supplier" if of == PURCHASE else "tenant"


def _nearest(here: list[Party], quantity: Quantity) -> Party | None:
    """The party whose name is nearest to the number. One who only backs a rent, or uses what another rents, is none."""
    parties = [one for one in here if one.role not in ("backstop", "backstop_party", "end_user")]
    return min(parties, key=lambda one: max(quantity.start - one.end, one.start - quantity.end), default=None)
