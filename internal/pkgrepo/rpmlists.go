package pkgrepo

import "encoding/xml"

type fileLists struct {
	XMLName  xml.Name      `xml:"filelists"`
	NS       string        `xml:"xmlns,attr"`
	Count    int           `xml:"packages,attr"`
	Packages []listPackage `xml:"package"`
}

type other struct {
	XMLName  xml.Name      `xml:"otherdata"`
	NS       string        `xml:"xmlns,attr"`
	Count    int           `xml:"packages,attr"`
	Packages []listPackage `xml:"package"`
}

type listPackage struct {
	PkgID   string      `xml:"pkgid,attr"`
	Name    string      `xml:"name,attr"`
	Arch    string      `xml:"arch,attr"`
	Version rpmVersion  `xml:"version"`
	Files   []rpmFile   `xml:"file"`
	Changes []rpmChange `xml:"changelog"`
}

type rpmChange struct {
	Author string `xml:"author,attr"`
	Date   uint32 `xml:"date,attr"`
	Text   string `xml:",chardata"`
}

func entryOf(p Package) listPackage {
	return listPackage{PkgID: p.digest.sha256, Name: p.Name, Arch: p.Arch, Version: p.meta.(*rpmMeta).evr()}
}

func fileListsOf(all []Package) fileLists {
	l := fileLists{NS: "http://linux.duke.edu/metadata/filelists", Count: len(all)}
	for _, p := range all {
		e := entryOf(p)
		e.Files = filesOf(p.meta.(*rpmMeta).header)
		l.Packages = append(l.Packages, e)
	}
	return l
}

// maxChanges is how many changelog entries an index contains, as with createrepo_c.
const maxChanges = 10

func otherOf(all []Package) other {
	l := other{NS: "http://linux.duke.edu/metadata/other", Count: len(all)}
	for _, p := range all {
		e, h := entryOf(p), p.meta.(*rpmMeta).header
		times, names, texts := h.numbers(tagChangeTime), h.strings(tagChangeName), h.strings(tagChangeText)
		for i := range min(len(times), len(names), len(texts), maxChanges) {
			e.Changes = append(e.Changes, rpmChange{clean(names[i]), times[i], clean(texts[i])})
		}
		l.Packages = append(l.Packages, e)
	}
	return l
}
