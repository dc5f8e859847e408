#!/usr/bin/python3
"""Compares the descriptor codec with Samba's, an independent one: generated descriptors go through both as text and as
bytes, and must come out the same. docs/security.md lists the points in which Samba is known to differ; the generator
stays clear of these.

  compare_with_samba.py LIBRARY [COUNT [SEED]]    LIBRARY is libpipes.so. Needs Debian's python3-samba.
"""
import ctypes
import random
import re
import sys

from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

ALL_PARTS = 0xF
ALIASES = "WD CO CG OW NU IU SU AN ED PS AU RC SY LS NS WR BA BU BG PU AO SO PO BO RE RU RD NO MU LU IS".split()
WORDS = "CC DC LC SW RP WP DT LO CR SD RC WD WO GA GX GW GR".split()
WHOLE_WORDS = "FR FW FX".split()
FLAGS = "OI CI NP IO ID".split()
AUDIT_FLAGS = FLAGS + ["SA", "FA"]

library = ctypes.CDLL(sys.argv[1])
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
random.seed(SEED)
library.pipes_sd_free.argtypes = [ctypes.c_void_p]


def parse(text):
    """The bytes of a descriptor, or the status."""
    memory, size = ctypes.c_void_p(), ctypes.c_uint32()
    status = library.pipes_sd_parse(text.encode(), 1, ctypes.byref(memory), ctypes.byref(size))
    if status:
        return status
    found = ctypes.string_at(memory, size.value)
    library.pipes_sd_free(memory)
    return found


def text_of(descriptor):
    memory = ctypes.c_void_p()
    status = library.pipes_sd_format(descriptor, len(descriptor), 1, ALL_PARTS, ctypes.byref(memory))
    if status:
        return status
    found = ctypes.string_at(memory).decode()
    library.pipes_sd_free(memory)
    return found


def sid():
    kind = random.randrange(10)
    if kind < 6:
        return random.choice(ALIASES)
    count = random.choice([1, 1, 2, 3, 5, 15])
    authority = random.choice([0, 1, 5, 5, 15, 22, 0xFFFFFFFF])
    return "S-1-%d-%s" % (authority, "-".join(str(number()) for _ in range(count)))


def number():
    return random.choice([0, 1, 2, 18, 544, 1000, 0x7FFFFFFF, 0xFFFFFFFF, random.randrange(1 << 32)])


def rights():
    kind = random.randrange(6)
    if kind == 0:
        return ""
    if kind == 1:
        return random.choice(WHOLE_WORDS)
    if kind < 4:
        return "".join(random.choice(WORDS) for _ in range(random.randrange(1, 6)))
    return "0x%x" % random.randrange(1 << 32)


def guid():
    return "%08x-%04x-%04x-%04x-%012x" % tuple(random.randrange(1 << bits) for bits in (32, 16, 16, 16, 48))


def flags(words):
    return "".join(random.sample(words, random.choice([0, 0, 1, 2, len(words)])))


def entry(types, flag_words):
    kind = random.choice(types)
    guids = ["", ""]
    if kind[0] == "O":
        guids = random.choice([["", guid()], [guid(), ""], [guid(), guid()]])
    return "(%s;%s;%s;%s;%s;%s)" % (kind, flags(flag_words), rights(), guids[0], guids[1], sid())


def acl(types, flag_words):
    entries = "".join(entry(types, flag_words) for _ in range(random.choice([0, 1, 2, 3, 5, 8])))
    control = "".join(random.sample(["P", "AR", "AI"], random.choice([0, 0, 1, 2, 3])))
    return control + entries if entries else ""


def descriptor():
    parts = []
    if random.random() < 0.7:
        parts.append("O:" + sid())
    if random.random() < 0.7:
        parts.append("G:" + sid())
    if random.random() < 0.9:
        parts.append("D:" + acl(["A", "A", "A", "D", "D", "OA", "OD"], FLAGS))
    if random.random() < 0.4:
        parts.append("S:" + acl(["AU", "AU", "OU"], AUDIT_FLAGS))
    random.shuffle(parts)
    return "".join(parts)


def packed(value):
    """Samba's bytes of its own value; it gives every list made from text the revision of lists with object entries."""
    for acl in (value.dacl, value.sacl):
        if acl:
            acl.revision = security.SECURITY_ACL_REVISION_ADS
    return ndr_pack(value)


differences = 0


def compare(text, what, ours, theirs):
    global differences
    if ours == theirs:
        return
    differences += 1
    if differences <= 20:
        print("%s: %s\n  ours   %s\n  theirs %s" % (what, text, ours, theirs))


domain = security.dom_sid("S-1-5-21-1-2-3")
for _ in range(COUNT):
    text = descriptor()
    ours = parse(text)
    try:
        theirs = security.descriptor.from_sddl(text, domain)
    except Exception as refused:  # whatever it raises
        compare(text, "refused", ours, refused)
        continue
    if isinstance(ours, int):
        compare(text, "accepted", ours, theirs.as_sddl())
        continue
    theirs_packed = packed(theirs)
    compare(text, "bytes, ours read by Samba", packed(ndr_unpack(security.descriptor, ours)), theirs_packed)
    compare(text, "text, Samba's bytes read by us", text_of(theirs_packed), text_of(ours))
    compare(text, "bytes, Samba's text read by us", parse(theirs.as_sddl()), ours)
    compare(text, "bytes, our text read by us", parse(text_of(ours)), ours)
    if re.search(";K[ARWX];", text_of(ours)):  # words that Samba does not know
        continue
    try:
        again = packed(security.descriptor.from_sddl(text_of(ours), domain))
    except TypeError as refused:
        again = refused
    compare(text, "bytes, our text read by Samba", again, theirs_packed)

print("%d descriptors, seed %d: %d differences" % (COUNT, SEED, differences))
sys.exit(1 if differences else 0)
