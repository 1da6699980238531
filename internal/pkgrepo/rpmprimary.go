package pkgrepo

import (
	"encoding/xml"
	"path"
	"strings"
)

const (
	nsCommon = "http://linux.duke.edu/metadata/common"
	nsRPM    = "http://linux.duke.edu/metadata/rpm"
)

type primary struct {
	XMLName  xml.Name         `xml:"metadata"`
	NS       string           `xml:"xmlns,attr"`
	RPM      string           `xml:"xmlns:rpm,attr"`
	Count    int              `xml:"packages,attr"`
	Packages []primaryPackage `xml:"package"`
}

type primaryPackage struct {
	Type        string     `xml:"type,attr"`
	Name        string     `xml:"name"`
	Arch        string     `xml:"arch"`
	Version     rpmVersion `xml:"version"`
	Checksum    checksum   `xml:"checksum"`
	Summary     string     `xml:"summary"`
	Description string     `xml:"description"`
	Packager    string     `xml:"packager"`
	URL         string     `xml:"url"`
	Time        rpmTime    `xml:"time"`
	Size        rpmSize    `xml:"size"`
	Location    location   `xml:"location"`
	Format      rpmFormat  `xml:"format"`
}

type rpmTime struct {
	File  int64  `xml:"file,attr"`
	Build uint32 `xml:"build,attr"`
}

type rpmSize struct {
	Package   int64  `xml:"package,attr"`
	Installed uint32 `xml:"installed,attr"`
	Archive   uint32 `xml:"archive,attr"`
}

type rpmFormat struct {
	License    string      `xml:"rpm:license"`
	Vendor     string      `xml:"rpm:vendor"`
	Group      string      `xml:"rpm:group"`
	BuildHost  string      `xml:"rpm:buildhost"`
	SourceRPM  string      `xml:"rpm:sourcerpm"`
	Range      rpmRange    `xml:"rpm:header-range"`
	Provides   *rpmEntries `xml:"rpm:provides"`
	Requires   *rpmEntries `xml:"rpm:requires"`
	Conflicts  *rpmEntries `xml:"rpm:conflicts"`
	Obsoletes  *rpmEntries `xml:"rpm:obsoletes"`
	Suggests   *rpmEntries `xml:"rpm:suggests"`
	Recommends *rpmEntries `xml:"rpm:recommends"`
	Files      []rpmFile   `xml:"file"`
}

type rpmRange struct {
	Start int64 `xml:"start,attr"`
	End   int64 `xml:"end,attr"`
}

type rpmEntries struct {
	Entries []rpmRelation `xml:"rpm:entry"`
}

type rpmRelation struct {
	Name  string `xml:"name,attr"`
	Flags string `xml:"flags,attr,omitempty"`
	Epoch string `xml:"epoch,attr,omitempty"`
	Ver   string `xml:"ver,attr,omitempty"`
	Rel   string `xml:"rel,attr,omitempty"`
	Pre   string `xml:"pre,attr,omitempty"`
}

func primaryOf(all []Package) primary {
	m := primary{NS: nsCommon, RPM: nsRPM, Count: len(all)}
	for _, p := range all {
		meta := p.meta.(*rpmMeta)
		h := meta.header
		build := h.number(tagBuildTime)
		m.Packages = append(m.Packages, primaryPackage{
			Type: "rpm", Name: p.Name, Arch: p.Arch, Version: meta.evr(),
			Checksum: checksum{Type: "sha256", PkgID: "YES", Sum: p.digest.sha256},
			Summary:  clean(h.string(tagSummary)), Description: clean(h.string(tagDescription)),
			Packager: clean(h.string(tagPackager)), URL: clean(h.string(tagURL)),
			Time:     rpmTime{int64(build), build}, // the time of the file would differ on each copy
			Size:     rpmSize{p.size, h.number(tagSize), meta.signatures.number(sigTagPayloadSize)},
			Location: location{strings.TrimPrefix(p.file, "rpm/")},
			Format:   formatOf(meta),
		})
	}
	return m
}

func formatOf(m *rpmMeta) rpmFormat {
	h := m.header
	f := rpmFormat{
		License: clean(h.string(tagLicense)), Vendor: clean(h.string(tagVendor)), Group: clean(h.string(tagGroup)),
		BuildHost: clean(h.string(tagBuildHost)), SourceRPM: clean(h.string(tagSourceRPM)), Range: rpmRange{m.from, m.to},
		Provides:   relationsOf(h, tagProvides, tagProvideFlags, tagProvideVersion),
		Requires:   relationsOf(h, tagRequires, tagRequireFlags, tagRequireVersion),
		Conflicts:  relationsOf(h, tagConflicts, tagConflictFlags, tagConflictVersion),
		Obsoletes:  relationsOf(h, tagObsoletes, tagObsoleteFlags, tagObsoleteVersion),
		Suggests:   relationsOf(h, tagSuggests, tagSuggestFlags, tagSuggestVersion),
		Recommends: relationsOf(h, tagRecommends, tagRecommendFlags, tagRecommendVersion),
	}
	for _, file := range filesOf(h) {
		// Files that other packages may require by path without the complete file lists.
		if strings.HasPrefix(file.Path, "/etc/") || strings.Contains(file.Path, "bin/") || file.Path == "/usr/lib/sendmail" {
			f.Files = append(f.Files, file)
		}
	}
	return f
}

// relationsOf returns relations of one kind, nil if there are none. Like createrepo_c, it omits rpmlib(…), which rpm
// itself provides.
func relationsOf(h *rpmHeader, names, flags, versions int) *rpmEntries {
	const less, greater, equal, pre, rpmlib = 1 << 1, 1 << 2, 1 << 3, 1<<6 | 1<<9 | 1<<10, 1 << 24
	ns, fs, vs := h.strings(names), h.numbers(flags), h.strings(versions)
	var out rpmEntries
	seen := map[rpmRelation]bool{}
	for i, name := range ns {
		e := rpmRelation{Name: clean(name)}
		if i < len(fs) && i < len(vs) {
			if fs[i]&rpmlib != 0 || strings.HasPrefix(name, "rpmlib(") {
				continue
			}
			e.Flags = map[uint32]string{less: "LT", greater: "GT", equal: "EQ", less | equal: "LE", greater | equal: "GE"}[fs[i]&(less|greater|equal)]
			if e.Flags != "" {
				e.Epoch, e.Ver, e.Rel = splitEVR(clean(vs[i]))
			}
			if names == tagRequires && fs[i]&pre != 0 {
				e.Pre = "1"
			}
		}
		if !seen[e] {
			seen[e] = true
			out.Entries = append(out.Entries, e)
		}
	}
	if len(out.Entries) == 0 {
		return nil
	}
	return &out
}

// splitEVR splits the version of a relation.
func splitEVR(s string) (epoch, ver, rel string) {
	epoch, ver, found := strings.Cut(s, ":")
	if !found {
		epoch, ver = "0", s
	}
	if i := strings.LastIndexByte(ver, '-'); i >= 0 {
		ver, rel = ver[:i], ver[i+1:]
	}
	return epoch, ver, rel
}

type rpmFile struct {
	Type string `xml:"type,attr,omitempty"`
	Path string `xml:",chardata"`
}

// filesOf returns the files that a header lists.
func filesOf(h *rpmHeader) []rpmFile {
	const ghost = 1 << 6
	bases, dirs, index := h.strings(tagBaseNames), h.strings(tagDirNames), h.numbers(tagDirIndexes)
	modes, flags := h.numbers(tagFileModes), h.numbers(tagFileFlags)
	var out []rpmFile
	for i, base := range bases {
		if i >= len(index) || int(index[i]) >= len(dirs) {
			break
		}
		f := rpmFile{Path: clean(path.Join(dirs[index[i]], base))}
		switch {
		case i < len(modes) && modes[i]&0o170000 == 0o040000:
			f.Type = "dir"
		case i < len(flags) && flags[i]&ghost != 0:
			f.Type = "ghost"
		}
		out = append(out, f)
	}
	return out
}
