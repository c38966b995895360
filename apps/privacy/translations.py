"""
What models make of a placeholder's type when they translate the text around it: ``<PERSONNE_1>`` for ``<PERSON_1>``.

Each word means one type only. German, French, Spanish, Italian, Dutch and Portuguese, and other English spellings.
"""

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary

WORDS: Final[dict[str, tuple[str, ...]]] = {
    vocabulary.PERSON: ("PERSONNE", "PERSONA", "PERSOON", "PESSOA"),
    vocabulary.EMAIL: ("E_MAIL", "COURRIEL", "CORREO", "CORREO_ELECTRÓNICO", "CORREO_ELECTRONICO"),
    vocabulary.PHONE: (
        "TELEPHONE", "TELEFON", "TÉLÉPHONE", "TELÉFONO", "TELEFONO", "TELEFOON", "TELEFONE",
    ),
    vocabulary.ADDRESS: ("ADRESSE", "DIRECCIÓN", "DIRECCION", "INDIRIZZO", "ADRES", "ENDEREÇO", "ENDERECO"),
    vocabulary.USERNAME: ("USER_NAME", "BENUTZERNAME", "NOMBRE_DE_USUARIO", "NOME_UTENTE", "GEBRUIKERSNAAM"),
    vocabulary.DATE_OF_BIRTH: (
        "GEBURTSDATUM", "DATE_DE_NAISSANCE", "FECHA_DE_NACIMIENTO", "DATA_DI_NASCITA", "GEBOORTEDATUM",
        "DATA_DE_NASCIMENTO",
    ),
    vocabulary.REFERENCE: ("REFERENZ", "RÉFÉRENCE", "REFERENCIA", "RIFERIMENTO", "REFERENTIE", "REFERÊNCIA"),
    vocabulary.CARD: ("KARTE", "CARTE", "TARJETA", "CARTA", "KAART", "CARTÃO"),
    vocabulary.ACCOUNT: ("KONTO", "COMPTE", "CUENTA", "CONTO", "REKENING", "CONTA"),
    vocabulary.VEHICLE: ("FAHRZEUG", "VÉHICULE", "VEHÍCULO", "VEICOLO", "VOERTUIG", "VEÍCULO"),
    vocabulary.SECRET: ("GEHEIMNIS", "SECRETO", "SEGRETO", "GEHEIM", "SEGREDO"),
    vocabulary.ORGANIZATION: (
        "ORGANISATION", "ORGANIZACIÓN", "ORGANIZACION", "ORGANIZZAZIONE", "ORGANISATIE", "ORGANIZAÇÃO",
    ),
    vocabulary.LOCATION: ("ORT", "LIEU", "LUGAR", "LUOGO", "PLAATS"),
}  # fmt: skip
TYPE_OF: Final[dict[str, str]] = {word: type_ for type_, words in WORDS.items() for word in words}
