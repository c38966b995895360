"""
What models make of a placeholder's type when they translate the text around it: ``<PERSONNE_1>`` for ``<PERSON_1>``.

Each word means one type only. German, French, Spanish, Italian, Dutch and Portuguese, other English spellings, and for
what is masked most often some twenty more languages. Words stand as `str.upper` writes them.
"""

# ruff: noqa: E501, RUF001 - a list is read whole; Cyrillic is meant

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary

WORDS: Final[dict[str, tuple[str, ...]]] = {
    vocabulary.PERSON: (
        "PERSONNE", "PERSONA", "PERSOON", "PESSOA",
        "OSOBA", "KIŞI", "KİŞİ", "KISI", "HENKILÖ", "SZEMÉLY", "PERSOANĂ", "PERSOANA", "ORANG", "NGƯỜI", "ПЕРСОНА",
        "ЧЕЛОВЕК", "ЛИЦО", "ОСОБА", "ЛИЦЕ", "ΠΡΌΣΩΠΟ", "ΆΤΟΜΟ", "人物", "人名", "姓名", "人员", "人員", "個人", "사람", "인물",
        "شخص", "الشخص", "אדם", "व्यक्ति", "บุคคล",
    ),
    vocabulary.EMAIL: ("E_MAIL", "COURRIEL", "CORREO", "CORREO_ELECTRÓNICO", "CORREO_ELECTRONICO", "电子邮件", "邮箱", "電子郵件", "メール", "이메일", "ПОЧТА"),
    vocabulary.PHONE: (
        "TELEPHONE", "TELEFON", "TÉLÉPHONE", "TELÉFONO", "TELEFONO", "TELEFOON", "TELEFONE",
        "ТЕЛЕФОН", "电话", "電話", "电话号码", "電話番号", "전화", "전화번호", "هاتف", "טלפון", "फ़ोन",
    ),
    vocabulary.ADDRESS: (
        "ADRESSE", "DIRECCIÓN", "DIRECCION", "INDIRIZZO", "ADRES", "ENDEREÇO", "ENDERECO",
        "ADRESA", "ADRESĂ", "ADRESS", "OSOITE", "CÍM", "АДРЕС", "АДРЕСА", "地址", "住所", "주소", "عنوان", "כתובת", "पता",
    ),
    vocabulary.USERNAME: ("USER_NAME", "BENUTZERNAME", "NOMBRE_DE_USUARIO", "NOME_UTENTE", "GEBRUIKERSNAAM", "用户名", "使用者名稱", "ユーザー名", "사용자명"),
    vocabulary.DATE_OF_BIRTH: (
        "GEBURTSDATUM", "DATE_DE_NAISSANCE", "FECHA_DE_NACIMIENTO", "DATA_DI_NASCITA", "GEBOORTEDATUM",
        "DATA_DE_NASCIMENTO",
    ),
    vocabulary.REFERENCE: ("REFERENZ", "RÉFÉRENCE", "REFERENCIA", "RIFERIMENTO", "REFERENTIE", "REFERÊNCIA", "编号", "編號", "参照", "참조"),
    vocabulary.CARD: ("KARTE", "CARTE", "TARJETA", "CARTA", "KAART", "CARTÃO"),
    vocabulary.ACCOUNT: ("KONTO", "COMPTE", "CUENTA", "CONTO", "REKENING", "CONTA"),
    vocabulary.VEHICLE: ("FAHRZEUG", "VÉHICULE", "VEHÍCULO", "VEICOLO", "VOERTUIG", "VEÍCULO"),
    vocabulary.SECRET: ("GEHEIMNIS", "SECRETO", "SEGRETO", "GEHEIM", "SEGREDO", "СЕКРЕТ", "密码", "密碼", "密钥", "パスワード", "비밀번호"),
    vocabulary.ORGANIZATION: (
        "ORGANISATION", "ORGANIZACIÓN", "ORGANIZACION", "ORGANIZZAZIONE", "ORGANISATIE", "ORGANIZAÇÃO",
    ),
    vocabulary.LOCATION: ("ORT", "LIEU", "LUGAR", "LUOGO", "PLAATS"),
}  # fmt: skip
TYPE_OF: Final[dict[str, str]] = {word: type_ for type_, words in WORDS.items() for word in words}
