"""Owns the types of single fields: how a value is read and what its error says; the models put them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from flowyml_infra.definition.grammar import (
    GrammarError,
    check_address,
    check_artifact_uri,
    check_duration,
    check_endpoint,
    check_identifier,
    check_image,
    check_metadata_uri,
    check_name,
    check_python,
    check_quantity,
    check_registry,
    check_stack_choice,
    check_version,
)
from flowyml_infra.definition.template import TemplateError, literal_text

if TYPE_CHECKING:
    from collections.abc import Callable

CHECK: Final = "flowyml_check"
"""The type of an error whose context holds ``clause`` and ``hint``."""
STATIC: Final = "flowyml_static"
"""The type of an error about a reference or a secret where neither can be."""


class Section(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, hide_input_in_errors=True)


class WholeSection(Section):
    """A section in which a key without a value is a mistake: what was commented out must not switch a rule off."""

    @field_validator("*", mode="before")
    @classmethod
    def _has_value(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError(
                CHECK,
                "{clause}",
                {
                    "clause": "has no value, which would switch the rule off",
                    "hint": "give it one, or remove the key; [] allows nothing",
                },
            )
        return value


class OpenSection(BaseModel):
    """A mapping whose other keys are properties, which the kind of the resource checks later."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True, hide_input_in_errors=True)


def _fault(error: GrammarError) -> PydanticCustomError:
    return PydanticCustomError(CHECK, "{clause}", {"clause": str(error), "hint": error.hint or ""})


def static(check: Callable[[str], None] | None = None) -> AfterValidator:
    """A text that must be known as soon as the definition is read; ``check`` sees it with ``$$`` undone."""

    def validate(text: str) -> str:
        try:
            literal = literal_text(text)
            if literal is None:
                raise PydanticCustomError(STATIC, "refers to what is not known yet", {})
            if check is not None:
                check(literal)
        except GrammarError as error:
            raise _fault(error) from None
        except TemplateError:
            raise PydanticCustomError(STATIC, "refers to what is not known yet", {}) from None
        return text

    return AfterValidator(validate)


def template(check: Callable[[str], None]) -> AfterValidator:
    """A text that may hold references and secrets; ``check`` sees it as it is written."""

    def validate(text: str) -> str:
        if not text.startswith("${"):
            try:
                check(text)
            except GrammarError as error:
                raise _fault(error) from None
        return text

    return AfterValidator(validate)


def _read_flag(value: object) -> object:
    """Variables bring in texts, so ``"true"`` counts; ``yes`` and numbers do not."""
    if isinstance(value, bool) or value not in ("true", "false"):
        if isinstance(value, bool):
            return value
        raise PydanticCustomError("bool_type", "must be true or false", {})
    return value == "true"


def _read_count(value: object) -> object:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        raise PydanticCustomError("int_type", "must be a whole number", {})
    return value


def _read_amount(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _texts_schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


_NAME_PATTERN: Final = r"^[a-z][a-z0-9_-]{0,62}$"

Flag = Annotated[bool, BeforeValidator(_read_flag), WithJsonSchema({"type": "boolean"})]
Count = Annotated[
    int, Field(ge=0, le=1_000_000), BeforeValidator(_read_count), WithJsonSchema({"type": "integer", "minimum": 0})
]
Text = Annotated[str, Field(min_length=1)]
StaticText = Annotated[str, Field(min_length=1), static()]
Name = Annotated[str, static(check_name), _texts_schema(_NAME_PATTERN)]
StackChoice = Annotated[
    str,
    static(check_stack_choice),
    _texts_schema(r"^([a-z][a-z0-9_-]{0,62}(@.+)?|[A-Za-z][A-Za-z0-9+.-]*://\S+)$"),
]
Version = Annotated[str, static(check_version), _texts_schema(r"^\d+\.\d+\.\d+([-+].+)?$")]
PythonVersion = Annotated[str, static(check_python), _texts_schema(r"^3\.\d+(\.\d+)?$")]
Image = Annotated[str, static(check_image), _texts_schema(r"^[^\s]+$")]
AddressText = Annotated[
    str, static(check_address), _texts_schema(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_-]*$")
]
Duration = Annotated[str, static(check_duration), _texts_schema(r"^[1-9]\d*[mhdw]$")]
Identifier = Annotated[str, static(check_identifier)]
AccountId = Annotated[
    str, BeforeValidator(_read_amount), static(check_identifier), WithJsonSchema({"type": ["string", "integer"]})
]
Quantity = Annotated[
    str, BeforeValidator(_read_amount), template(check_quantity), WithJsonSchema({"type": ["string", "integer"]})
]
ArtifactUri = Annotated[str, template(check_artifact_uri), _texts_schema(r"\S")]
MetadataUri = Annotated[str, template(check_metadata_uri), _texts_schema(r"\S")]
RegistryUri = Annotated[str, template(check_registry), _texts_schema(r"\S")]
Endpoint = Annotated[str, template(check_endpoint), _texts_schema(r"^(https?://|\$\{)")]
Properties: TypeAlias = dict[str, Any]
