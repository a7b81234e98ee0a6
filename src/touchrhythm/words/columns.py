"""What do people call the columns of their tables, in English, Dutch, German, French, Spanish and Italian?

One table of words, the only one: what is added here is understood by every reader. Words are compared
whole, without accents and case; one that ends in * stands for all that begin so, one that begins with * for all
that end so (compounds of Dutch and German). A word that is listed whole is that, whatever it begins with. A name is cut into words
at blanks, marks, digits and capitals within (``RespBelt1`` holds *resp* and *belt*, ``fsr_response`` no *resp*).

- `role_of` : name (and unit) of a column → what it holds, "" where the name does not say
- `roles_of` : the same of columns that stand side by side: which light of an oximeter is the wave
- `signal_by_name` : name of a channel → "force", "pulse", "ecg" or ""
- `person_of` : name of a column → "subject", "examiner" or ""
- `is_time_name`, `time_unit_of` : names and units of time
- `TRUE`, `FALSE` : as spreadsheets write them
- `MISSING`, `ERRORS` : what stands where a value is missing, or a formula failed
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = [
    "ERRORS",
    "FALSE",
    "MISSING",
    "NO_SIGNAL",
    "NO_WAVE",
    "REFERENCES",
    "ROLES",
    "TRUE",
    "UNITS",
    "WEAK_TIME",
    "is_time_name",
    "is_unit",
    "person_of",
    "plain",
    "role_of",
    "roles_of",
    "signal_by_name",
    "split_words",
    "time_unit_of",
]


LONGEST_NAME = 1000  # characters of a column's name that are looked at


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What a column holds, by the first role of which a word fits. The order settles names that hold two ("blood
# pressure" is no force, "Zeitstempel" no button).
ROLES: dict[str, tuple[str, ...]] = {
    "breathing": _words(
        """
        resp respir* rsp rip pzt breath* belt belts airflow co2 etco2 capno* thorax thorac* chest abdomen abdom*
        spiro* ventilati* diaphragm* nasal tidal inspir* expir* inhal* exhal* lung lungs adem* *adem borst*
        buik* longvolume middenrif atem* *atem atmung* *atmung brust* bauch* gurt *gurt zwerchfell* lungen*
        souffle poitrine ceinture ventre poumon* diaphragme pecho cinturon aliento torax abdomin* pulmon*
        diafragma respiro torace fascia addome cintura polmon*
        """
    ),
    "heart rate": _words(
        "hr bpm heartrate pulserate hartfrequentie hartritme polsfrequentie herzfrequenz herzrate pulsfrequenz pulsrate"
    ),
    "interval": _words("ibi rri nni"),
    "saturation": _words(
        """
        spo2 sao2 saturation saturatie *saturatie *saettigung *sattigung saturacion saturazione
        """
    ),
    "pulse": _words(
        """
        pulse pulses cardiac ppg ecg ekg heart heartbeat pleth* plet* photopleth* fotoplet* photo bvp abp blood arterial bloed
        blut sang sangre sangue puls ppu oximeter rpulse beats finger hart* pols polsslag
        bloeddruk herz* pulswelle puls* *puls blutdruck pouls coeur cardiaque cardio* ecc pulso corazon cardiaco
        latido* polso cuore battito battement battements cardiaca
        """
    ),
    "temperature": _words(
        "temp temperature temperat* *temperatur *temperatuur therm* degc celsius warmte waerme chaleur"
    ),
    "button": _words(
        """
        button buttons btn tap taps tapping press presses key keys pushbutton switch clicker click clicks knop toets
        tik tikken klop kloppen drukken drukknop taste tasten taster knopf knopfdruck tipp tippen klick
        klopf* drucken druecken tastendruck bouton touche appui appuis clic clics boton pulsador pulsacion
        pulsaciones toque toques tecla pulsante tasto tocco tocchi bottone
        """
    ),
    "trigger": _words(
        """
        trigger triggers ttl marker markers mark mark2 event events sync digital annotation comment comments
        status stim* marque marques ereignis markierung gebeurtenis evenement evento marca
        """
    ),
    "force": _words(
        """
        force forces load loadcell weight gauge strain fsr hx711 newton grams pressure scale touch palpation
        grip cell dynamo* kracht* *kracht druk gewicht belasting vingerdruk weeg* rekstrook kraft* *kraft druck
        last fingerdruck waage wage* waege* wiegezelle dms pression poids charge effort jauge
        fuerza presion peso carga celda dinamo* forza pressione carico cella
        """
    ),
}
NAMED_BY_TWO = {
    "heart rate": (
        {"heart", "rate"},
        {"pulse", "rate"},
        {"hart", "frequentie"},
        {"frequence", "cardiaque"},
        {"frecuencia", "cardiaca"},
        {"frequenza", "cardiaca"},
        {"rythme", "cardiaque"},
        {"ritmo", "cardiaco"},
    ),
    "saturation": ({"sp", "o2"}, {"sa", "o2"}),  # SpO2, cut at its capital
    "interval": (
        {"beat", "interval"},
        *(
            {"rr", word}
            for word in ("interval", "intervals", "intervall", "intervalle", "intervallo", "intervalo")
        ),
    ),
}
PULSE_RATE = (["pr"], ["pr", "bpm"])  # as monitors call it beside SpO2
PER_MINUTE = ("bpm", "1/min", "/min", "beats/min")
BEATS = frozenset(("rr", "nn", "ibi", "rri", "nni"))  # with a unit of time they are intervals between beats
RATE = frozenset(("rate", "frequency", "frequentie", "frequenz", "frequence", "frecuencia", "frequenza"))
BREATHS_COUNTED = frozenset(
    ("respiratory", "breathing", "respiration", "resp", "breath", "respiratoire", "respiratoria")
)
COUNTERS = _words(
    """
    index idx row rownames sample samples nr no n x seq nseq frame count id packet packets packetcounter
    samplecounter counter record num number unnamed i line teller volgnummer zaehler zahler nummer lfd lfdnr
    zeile messung probe numero num compteur indice echantillon contador muestra contatore campione pkt datapoint
    sampleno ctr cnt tick ticks scan regelnummer zeilennummer monster monsternr seqno sequence
    """
)
AXES = frozenset(("x", "y", "z", "axis", "1", "2", "3"))
ACCELERATION = _words("acc accel* beschl* versnel* acel* imu gyro* giro*")
_VALIDITY = re.compile(r"^valid|valid(ity)?$")  # of a heart rate, as the sketches of oximeters print it
BOOKKEEPING = ("timer", "battery", "batt", "rssi", "flags", "checksum", "crc", "error", "lost")
FORCE_UNITS = frozenset(
    ("g", "mg", "kg", "n", "mn", "kn", "gf", "grams", "gram", "newton", "lbs", "lb", "oz")
)
# lights of a pulse oximeter, the one whose wave is taken first; a name must hold nothing but one of them and `OF_LIGHT`
LIGHTS = {"ir": ("ir", "infrared", "infrarot", "infrarood"), "green": ("g", "green"), "red": ("r", "red")}
OF_LIGHT = frozenset(_words("led value val raw signal sensor light ppg adc reading data filtered"))
REFERENCES = ("breathing", "pulse")  # roles that are held against the signal
NO_SIGNAL = ("temperature", "button", "trigger", "time", "counter", "bookkeeping")
NO_WAVE = ("heart rate", "interval", "saturation")  # what was reckoned from a pulse wave, never the signal

PEOPLE: dict[str, tuple[str, ...]] = {
    "examiner": _words(
        """
        examiner therapist rater operator tapper practitioner clinician giver onderzoeker behandelaar
        therapeut* untersucher* behandler* examinateur praticien therapeute examinador terapeuta examinadora
        esaminatore operatore operateur
        """
    ),
    "subject": _words(
        """
        subject patient participant client volunteer receiver proband* proefpersoon deelnemer versuchsperson
        teilnehmer* sujet sujeto paciente paziente soggetto participante
        """
    ),
}

TIME_UNITS: dict[str, tuple[str, ...]] = {
    "s": _words(
        """
        s sec secs second seconds seconde seconden secondes sekunde sekunden sek segundo segundos secondo
        secondi seg
        """
    ),
    "ms": _words(
        """
        ms msec msecs millis milli millisec millisecs millisecond milliseconds milliseconde milliseconden
        millisecondes millisekunde millisekunden milisegundo milisegundos millisecondo millisecondi
        """
    ),
    "us": _words(
        """
        us µs μs usec usecs micros microsec microsecond microseconds microseconde microseconden microsecondes
        mikrosekunde mikrosekunden microsegundo microsegundos microsecondo microsecondi
        """
    ),
    "ns": _words(
        """
        ns nsec nanos nanosecond nanoseconds nanosekunden nanosecondes nanosegundos
        """
    ),
    "min": _words("min mins minute minutes minuut minuten minuto minutos minuti"),
    "h": _words(
        """
        h hrs hour hours uur uren std stunde stunden heure heures hora horas ora ore
        """
    ),
    "d": _words("d day days dag dagen tag tage jour jours dia dias giorno giorni"),
}
UNIT_OF = {word: unit for unit, words in TIME_UNITS.items() for word in words}
TIME_WORDS = frozenset(
    _words(
        """
        time t timestamp timestamps elapsed clock date datetime tijd tijdstip tijdstempel klok datum zeit
        uhrzeit zeitstempel zeitpunkt messzeit temps horodatage heure tiempo fecha hora tempo ora xvalue
        xvalues lsltimestamp unixtime epoch timestamputc utc looptime sampletime acqtimetics devicetime
        hosttime arrival ts duree istante instante instant durata duracion
        """
    )
)
# may as well name a signal; only a column that runs upwards is then the time
SHORT_TIME = frozenset(
    _words("s t d h min ms us sec clock elapsed date datum ts duree durata duracion instant instante istante")
)
# ... so may these: the time in one language, something else in another
WEAK_TIME = SHORT_TIME | set(_words("temps tempo heure hora"))
# words that may stand beside one of `TIME_WORDS`
TIME_BESIDE = frozenset(
    _words(
        """
        sample device elapsed relative host x value values lsl unix sensor system local phone run latest set
        recording since start of from the formatted date iso relatieve verstreken vergangene relative ecoule
        transcurrido trascorso and und en io cal raw absolute acq tics in stamp data set no
        """
    )
)

# units as they stand in a row of their own or in brackets, in lower case
UNITS = frozenset(
    (
        *_words(
            """
            g mg kg gf n mn kn v mv uv µv μv volts volt nv a ma ohm kohm us µs μs ns ms s sec msec min h d hz khz
            bpm 1/min cpm rpm pa kpa hpa mbar bar mmhg cmh2o psi % °c degc c °f k ° deg rad rad/s deg/s °/s dps
            m/s m/s^2 m/s2 m/s² m/s/s m/(s^2) mm cm m um µm l ml l/s l/min ml/min pu au a.u. a.u arb arb. counts
            count adc raw lsb - 1 db lux ut µt uw mw w lbs lb oz ts rn nm n·m pm bool cal local # mol ppm unitless
            ticks tics
            """
        ),
        "deg c",
        "no units",
        "degree celsius",
        "yyyy/mm/dd hh:mm:ss.000",
    )
)

TRUE = frozenset(_words("true wahr waar vrai verdadero vero"))  # as spreadsheets write what is so, or not
FALSE = frozenset(_words("false falsch onwaar faux falso"))

# what a spreadsheet writes where a formula failed: no comment, though most begin like one
ERRORS = _words(
    """
    #n/a #nv #n/b #nd #n/d #value! #wert! #waarde! #valeur! #valor! #valore! #¡valor! #div/0! #deel/0!
    #¡div/0! #num! #zahl! #getal! #nombre! #¡num! #nom? #ref! #bezug! #verw! #¡ref! #rif! #name? #naam?
    #nombre? #nome? #null! #leeg! #nul! #¡nulo! #nullo! #spill! #calc! #####
    """
)
MISSING = frozenset(
    (
        *_words(
            """
            n/a na n.a. nan null none - -- --- ? . .. -nan +nan nan() 1.#qnan 1.#ind -1.#ind -1.#qnan 1.#inf
            -1.#inf #inf #nan missing invalid error ovf overflow overrange err void empty undefined ∞ -∞ geen
            ontbreekt leeg ongeldig fehlt fehlend k.a. leer ungültig ungueltig manquant absent vide invalide nd
            n.d. faltante falta vacio vacío mancante assente vuoto nan(ind) -nan(ind) oor ol over overload
            """
        ),
        "",
        "k. a.",
        "non valido",
        *ERRORS,
    )
)


def plain(text: str) -> str:
    """Text in lower case without accents.

    >>> plain("Fréquence"), plain("Kräfte")
    ('frequence', 'krafte')
    """
    apart = unicodedata.normalize("NFKD", text.replace("µ", "u").replace("μ", "u"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).lower()


def split_words(name: str) -> list[str]:
    """Words of a name, cut at marks, digits and capitals within.

    >>> split_words("RespBelt_1"), split_words("fsr_response"), split_words("CO2 (%)")
    (['resp', 'belt', '1'], ['fsr', 'response'], ['co2', 'co', '2'])
    """
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name[:LONGEST_NAME])
    out: list[str] = []
    for part in re.findall(r"[^\W_]+", plain(spaced)):
        pieces = re.findall(r"[^\W\d_]+|\d+", part)
        mixed = len(pieces) > 1 and len(part) <= 6
        out += [part, *pieces] if mixed else pieces
    return out


def signal_by_name(name: str, role: str | None = None) -> str:
    """The signal that a channel holds by its name: "pulse", "ecg" or "force"; "" where it does not say.

    `role` is the one of `role_of`, where something else than the name says it.

    >>> signal_by_name("ECG II"), signal_by_name("PPG"), signal_by_name("breathing"), signal_by_name("A1")
    ('ecg', 'pulse', 'force', '')
    """
    role = role_of(name) if role is None else role
    if role != "pulse":
        return "force" if role else ""
    return "ecg" if any(word in name.lower() for word in ("ecg", "ekg")) else "pulse"


def role_of(name: str, unit: str = "") -> str:
    """What a column holds by its name, else by its unit; "" where neither says.

    "breathing", "heart rate", "interval", "saturation", "pulse", "temperature", "button", "trigger", "force", "time", "counter" or
    "bookkeeping".

    >>> role_of("Ademhaling"), role_of("fsr_response"), role_of("Kraft (N)"), role_of("A1"), role_of("A1", "mN")
    ('breathing', 'force', 'force', '', 'force')
    """
    words = split_words(re.sub(r"(?i)\b([rn])[-\N{EN DASH}]\1\b", r"\1\1", name))  # R-R, N-N
    if _VALIDITY.search(plain(name)):
        return "bookkeeping"
    if _light_of(name) == "ir":
        return "pulse"
    if is_time_name(name) and "".join(words) not in SHORT_TIME:
        return "time"
    for role, pairs in NAMED_BY_TWO.items():
        if any(pair <= set(words) for pair in pairs):
            return role
    if set(words) & BREATHS_COUNTED and set(words) & RATE:
        return ""  # breaths a minute are no wave of breathing
    if BEATS & set(words) and time_unit_of(unit) is not None:
        return "interval"
    said = _role_of_words(words)
    if words in PULSE_RATE or (said == "pulse" and plain(unit).strip() in PER_MINUTE):
        return "heart rate"
    if said:
        return said
    if any(_is_among(word, BOOKKEEPING) for word in words):
        return "bookkeeping"
    if "".join(words) in COUNTERS or (len(words) > 1 and {"packet", "counter", "index"} & set(words)):
        return "counter"
    if unit.strip().lower() in FORCE_UNITS and not _is_motion(words):
        return "force"
    return "temperature" if plain(unit).strip() in ("°c", "degc", "°f", "deg c") else ""


def roles_of(names: Sequence[str], units: Sequence[str] = ()) -> tuple[str, ...]:
    """What columns hold that stand side by side.

    Of the lights of a pulse oximeter one is the pulse wave, the infrared one before green and red, and the others are
    "light". Red and green are lights beside an infrared one, or beside what is reckoned of a pulse.

    >>> roles_of(["red", "ir", "HR", "HRvalid"]), roles_of(["R", "G"]), roles_of(["IR"])
    (('light', 'pulse', 'heart rate', 'bookkeeping'), ('', ''), ('pulse',))
    """
    units = units or ("",) * len(names)
    roles = [role_of(name, unit) for name, unit in zip(names, units, strict=True)]
    lights = [_light_of(name) for name in names]
    waves = [k for k, light in enumerate(lights) if light == "ir"]
    if not waves and {"heart rate", "saturation"} & set(roles):
        waves = [lights.index(light) for light in LIGHTS if light in lights][:1]
    if len(waves) != 1:
        return tuple(roles)
    for k, light in enumerate(lights):
        if light:
            roles[k] = "pulse" if k == waves[0] else "light"
        elif names[k].lower() in ("hz", "fps"):
            roles[k] = "bookkeeping"
    return tuple(roles)


def _light_of(name: str) -> str:
    """The light of an oximeter that a name stands for, "" for none."""
    words = set(re.findall(r"[^\W\d_]+", " ".join(split_words(name)))) - OF_LIGHT
    return next((light for light, known in LIGHTS.items() if len(words) == 1 and words <= {*known}), "")


def _is_motion(words: list[str]) -> bool:
    """Whether a column is an axis of an accelerometer, whose g is no gram."""
    return (bool(words) and set(words) <= AXES) or any(_is_among(word, ACCELERATION) for word in words)


def _role_of_words(words: list[str]) -> str:
    """The first of `ROLES` that one of these words stands for; a word that is listed whole stands for that alone."""
    meant = set()
    for word in words:
        whole = [role for role, known in ROLES.items() if word in known]
        meant |= {*whole[:1]} or {role for role, known in ROLES.items() if _is_among(word, known)}
    return next((role for role in ROLES if role in meant), "")


def person_of(name: str) -> str:
    """Whose channel it is by its name: "subject", "examiner", or "" where it does not say.

    >>> person_of("breathing_examiner"), person_of("Patient resp"), person_of("force")
    ('examiner', 'subject', '')
    """
    words = split_words(name)
    return next((who for who, known in PEOPLE.items() if any(_is_among(word, known) for word in words)), "")


def is_time_name(name: str) -> bool:
    """Whether a name says that the column holds the time.

    >>> [is_time_name(name) for name in ("Tijd (s)", "time_ms", "Latest: Time (s)", "timeout", "millis", "response time")]
    [True, True, True, False, True, False]
    """
    words = [
        word for word in re.findall(r"[^\W\d_]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))) if word
    ]
    if not words:
        return False
    if "".join(words) in TIME_WORDS or all(word in UNIT_OF for word in words):
        return True
    said = any(word in TIME_WORDS for word in words)
    return said and all(word in TIME_WORDS or word in TIME_BESIDE or word in UNIT_OF for word in words)


def time_unit_of(text: str) -> str | None:
    """Unit of time that a word names, in any spelling of the six languages; None for any other word.

    >>> time_unit_of("mSec"), time_unit_of("Minuten"), time_unit_of("[s]"), time_unit_of("g")
    ('ms', 'min', 's', None)
    """
    return UNIT_OF.get(plain(text).strip(" .[](){}"))


def is_unit(text: str) -> bool:
    """Whether a field is a unit, with or without brackets.

    >>> is_unit("[mV]"), is_unit("(s)"), is_unit("Kraft")
    (True, True, False)
    """
    bare = text.strip().strip("[](){}\"'").strip()
    return bare.lower() in UNITS or time_unit_of(bare) is not None


def _is_among(word: str, known: tuple[str, ...]) -> bool:
    return any(
        word.startswith(entry[:-1])
        if entry.endswith("*")
        else word.endswith(entry[1:])
        if entry.startswith("*")
        else word == entry
        for entry in known
    )
