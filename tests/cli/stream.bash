# SPDX-License-Identifier: GPL-3.0-or-later
# stream.bash - streams of tar that no tar(1) writes

# stream FILE PYTHON - a stream of tar made by what is done to `t`, a tarfile, with add(NAME, ...)
stream() {
	python3 - "$1" "$2" <<'EOP'
import io, sys, tarfile
t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def add(name, text=None, type=tarfile.REGTYPE, link="", mode=0o755, **more):
    i = tarfile.TarInfo(name)
    i.type, i.linkname, i.size = type, link, len(text or "")
    i.pax_headers, i.mode = more, mode
    t.addfile(i, io.BytesIO((text or "").encode()))
LINK, SYM, DIR = tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE
CHR, FIFO = tarfile.CHRTYPE, tarfile.FIFOTYPE
exec(sys.argv[2])
t.close()
EOP
}
