"""What people read in the place of our codes: kinds, sides, stages, sizes, roles."""

from matcher.language import N_

KINDS = {
    "university": N_("university"), "faculty": N_("faculty"), "laboratory": N_("laboratory"),
    "group": N_("research group"), "institute": N_("institute"), "technology_centre": N_("technology centre"),
    "office": N_("office"), "firm": N_("firm"), "cooperative": N_("cooperative"), "association": N_("association"),
    "municipality": N_("municipality"), "public_body": N_("public body"), "hospital": N_("hospital"),
    "government": N_("government body"), "intergovernmental": N_("intergovernmental organisation"),
    "person": N_("researcher"), "dataset": N_("data"),
    "capability": N_("capability"), "technology": N_("technology"),
    "project": N_("project"), "publication": N_("publication"), "patent": N_("patent"),
    "equipment": N_("equipment"), "service": N_("service"), "need": N_("need"), "problem": N_("problem"),
    "challenge": N_("challenge"), "certification": N_("certification of a standard"),
    "improvement": N_("improvement of processes"), "mission": N_("study visit"), "startup": N_("start-up"),
    "agenda": N_("agenda for a trade"), "other": N_("other"),
}  # fmt: skip
SIDES = {"supply": N_("universities and institutes"), "demand": N_("firms and associations")}
STAGES = {
    "proposed": N_("proposed"), "sent": N_("sent"), "introduced": N_("introduced"), "met": N_("met"),
    "agreed": N_("agreed"), "project": N_("project"), "declined": N_("declined"),
}  # fmt: skip
SIZES = {"micro": N_("micro firm"), "small": N_("small firm"), "medium": N_("medium firm"), "large": N_("large firm")}
ROLES = {
    "reader": N_("reader"), "contributor": N_("contributor"), "officer": N_("officer"), "admin": N_("administrator"),
}  # fmt: skip
SIGNALS = {
    "text": N_("What its texts say"), "profile": N_("Its work as a whole"), "distance": N_("Distance"),
    "same_region": N_("Same region"), "macro_region": N_("Same macro-region"), "same_country": N_("Same country"),
    "sector": N_("Sector"), "sector_texts": N_("Sector of its texts"), "track_record": N_("Track record"),
    "track_record_near": N_("Track record near by"), "track_record_sector": N_("Track record in the sector"),
    "experience": N_("Texts on record"), "collaboration": N_("Work with others"), "exposure": N_("Taking turns"),
}  # fmt: skip
ABOUT_SIGNALS = {  # what speaks for a partner, as the end of a sentence
    "text": N_("its texts fit the question, in meaning and in words"),
    "profile": N_("its work as a whole is about the question"),
    "distance": N_("it is near"),
    "same_region": N_("it is in the asker's region"),
    "macro_region": N_("it is in another region of the asker's macro-region"),
    "same_country": N_("it is in the asker's country"),
    "sector": N_("it works in the asker's sector, or in a related one"),
    "sector_texts": N_("the texts that fit are of the asker's sector"),
    "track_record": N_("projects, agreements and meetings on record"),
    "track_record_near": N_("the same, in the asker's region"),
    "track_record_sector": N_("the same, in the asker's sector"),
    "experience": N_("how many texts it has on record"),
    "collaboration": N_("work done together with others"),
}
LANGUAGES = {"es": "Español", "en": "English"}  # each in its own
