"""Doors for admins: providers and their models, on and off, added, changed and tested."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.console.provider_forms import LanguageModelForm, ProviderForm, ServerForm
from apps.gateway import catalogue, discovery, probing
from apps.gateway.connection_test import try_connection
from apps.gateway.endpoints import VARIABLES, missing_variables
from apps.gateway.models import LanguageModel, Provider
from apps.gateway.price_map import PriceListUnreadable
from apps.privacy.keys import KeyUnavailable

Kind = Provider.Kind


@roles_required(Role.ADMIN)
@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """List providers with their models, and what could be switched on."""
    shown = Provider.objects.visible_to(person_of(request)).prefetch_related(
        Prefetch("language_models", LanguageModel.objects.select_related("health").order_by("label"))
    )
    try:
        offers = discovery.offers(today=timezone.localdate())
    except PriceListUnreadable as unreadable:
        offers = []
        messages.error(request, unreadable.sentence)
    return render(request, "console/providers.html", {"providers": [_described(p) for p in shown], "offers": offers})


@roles_required(Role.ADMIN)
@require_POST
def take_up_offer(request: HttpRequest, kind: str) -> HttpResponse:
    """Switch on a provider whose key is set on this server."""
    try:
        provider = catalogue.take_up_offer(kind, by=person_of(request), now=timezone.now())
    except catalogue.OfferGone as error:
        messages.error(request, str(error))
        return redirect("console:providers")
    messages.success(request, f"{provider.name} is on. Now choose which teams may use its models.")
    return redirect("console:models")


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add_provider(request: HttpRequest) -> HttpResponse:
    """Add an OpenAI-compatible server."""
    form = ServerForm(request.POST or None, instance=Provider(kind=Kind.OPENAI_COMPATIBLE))
    if request.method == "POST" and form.is_valid() and _stored(request, form, is_new=True):
        messages.success(request, f"{form.instance.name} is added, still off. Add a model and test it.")
        return redirect("console:model_add", provider_id=form.instance.pk)
    return render(request, "console/providers_form.html", {"form": form})


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Change a provider."""
    changed = _provider(request, provider_id)
    kind_of_form = (
        ServerForm if changed.kind == Kind.OPENAI_COMPATIBLE and not _from_environment(changed) else ProviderForm
    )
    form = kind_of_form(request.POST or None, instance=changed)
    if request.method == "POST" and form.is_valid() and _stored(request, form, is_new=False):
        messages.success(request, f"{changed.name} is changed.")
        return redirect("console:providers")
    return render(request, "console/providers_form.html", {"form": form, "provider": _provider(request, provider_id)})


@roles_required(Role.ADMIN)
@require_POST
def switch_provider_on(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Let the provider's models be called."""
    switched = _provider(request, provider_id)
    catalogue.switch_provider_on(switched, by=person_of(request), now=timezone.now())
    messages.success(request, f"{switched.name} is on.")
    return redirect("console:providers")


@roles_required(Role.ADMIN)
@require_POST
def switch_provider_off(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Refuse every call to the provider from the next message on."""
    switched = _provider(request, provider_id)
    catalogue.switch_provider_off(switched, by=person_of(request), now=timezone.now())
    messages.success(request, f"{switched.name} is off: its models are refused from the next message on.")
    return redirect("console:providers")


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add_model(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Add a model to a provider."""
    home = _provider(request, provider_id)
    form = LanguageModelForm(request.POST or None, instance=LanguageModel(provider=home, capabilities=["chat"]))
    if request.method == "POST" and form.is_valid():
        catalogue.add_model(form.instance, by=person_of(request), now=timezone.now())
        messages.success(request, f"{form.instance.label} is added, still off. Test it, then switch it on.")
        return redirect("console:providers")
    return render(request, "console/models_form.html", {"form": form, "provider": home})


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def model(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Change a model."""
    changed = _model(request, model_id)
    form = LanguageModelForm(request.POST or None, instance=changed)
    if request.method == "POST" and form.is_valid():
        catalogue.change_model(form.instance, by=person_of(request), now=timezone.now())
        messages.success(request, f"{form.instance.label} is changed.")
        return redirect("console:providers")
    stored = _model(request, model_id)
    return render(request, "console/models_form.html", {"form": form, "model": stored, "provider": stored.provider})


@roles_required(Role.ADMIN)
@require_POST
def switch_model_on(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Make a model callable where it is granted."""
    switched = _model(request, model_id)
    catalogue.switch_model_on(switched, by=person_of(request), now=timezone.now())
    if switched.price is None:
        messages.warning(request, f"{switched.label} is on, and nobody can call it until its price is entered.")
    else:
        messages.success(request, f"{switched.label} is on.")
    return redirect("console:providers")


@roles_required(Role.ADMIN)
@require_POST
def switch_model_off(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Refuse every call to a model from the next message on."""
    switched = _model(request, model_id)
    catalogue.switch_model_off(switched, by=person_of(request), now=timezone.now())
    messages.success(request, f"{switched.label} is off: it is refused from the next message on.")
    return redirect("console:providers")


@roles_required(Role.ADMIN)
@require_POST
def test_model(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Ask a model one harmless question; takes as long as the model does."""
    result = try_connection(_model(request, model_id), by=person_of(request), now=timezone.now())
    if result.is_ok:
        messages.success(request, result.sentence)
    else:
        messages.error(request, result.sentence)
    return redirect("console:providers")


def _provider(request: HttpRequest, provider_id: UUID) -> Provider:
    found = Provider.objects.visible_to(person_of(request)).filter(pk=provider_id).first()
    if found is None:
        raise Http404
    return found


def _model(request: HttpRequest, model_id: UUID) -> LanguageModel:
    models = LanguageModel.objects.visible_to(person_of(request)).select_related("provider")
    found = models.filter(pk=model_id).first()
    if found is None:
        raise Http404
    return found


def _from_environment(provider: Provider) -> bool:
    return provider.credential == Provider.Credential.ENVIRONMENT


def _stored(request: HttpRequest, form: ModelForm[Provider], *, is_new: bool) -> bool:
    """Store what the form says, or put the reason why not beside its key."""
    store = catalogue.add_provider if is_new else catalogue.change_provider
    try:
        store(form.instance, key=form.cleaned_data.get("key", ""), by=person_of(request), now=timezone.now())
    except KeyUnavailable as error:
        form.add_error(None, str(error))
        return False
    return True


def _described(provider: Provider) -> dict[str, object]:
    """A provider with what its card says about its key."""
    variables = VARIABLES[provider.kind].needed if _from_environment(provider) else ()
    missing = missing_variables(provider.kind) if _from_environment(provider) else ()
    return {
        "row": provider,
        "models": list(provider.language_models.all()),
        "variables": variables,
        "missing": missing,
        "is_probed": probing.reaches(provider),
    }
