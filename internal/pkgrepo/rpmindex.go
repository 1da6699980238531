package pkgrepo

import (
	"bytes"
	"encoding/xml"
	"path"
	"strconv"
	"strings"
)

// index writes repodata: primary, filelists and other under names with their digests, then repomd.xml.asc and
// repomd.xml, which names them.
func (f rpms) index(r *repository, all []Package, _ []string) (bool, error) {
	const dir = "rpm/repodata"
	old, err := r.read(path.Join(dir, "repomd.xml"))
	if err != nil {
		return false, err
	}
	var lists []list
	for _, l := range []struct {
		name string
		list func([]Package) any
	}{
		{"primary", func(all []Package) any { return primaryOf(all) }},
		{"filelists", func(all []Package) any { return fileListsOf(all) }},
		{"other", func(all []Package) any { return otherOf(all) }},
	} {
		text, err := marshal(l.list(all))
		if err != nil {
			return false, err
		}
		lists = append(lists, newList(l.name, text))
	}
	packed := make([]list, len(lists))
	keep := map[string]bool{}
	for i, l := range lists {
		gz, err := compressGzip(l.content)
		if err != nil {
			return false, err
		}
		packed[i] = newList("", gz)
		packed[i].name = path.Join("repodata", packed[i].digest.sha256+"-"+l.name+".xml.gz")
		keep[path.Join("rpm", packed[i].name)] = true
		if _, err := r.write(path.Join("rpm", packed[i].name), gz); err != nil {
			return false, err
		}
	}
	repomd := func(at int64) ([]byte, error) { return marshal(repomdOf(lists, packed, at)) }
	text, err := repomd(r.now.Unix())
	if err != nil {
		return false, err
	}
	if same, err := repomd(revisionOf(old)); err == nil && bytes.Equal(same, old) {
		text = old // only the date would change
	}
	changed := !bytes.Equal(text, old)
	if err := f.sign(r, dir, text); err != nil || !changed {
		return changed, err
	}
	for _, name := range []string{"repomd.xml", "repomd.xml.asc"} {
		keep[path.Join(dir, name)] = true
	}
	for _, name := range hrefsOf(old) { // for clients with the old repomd.xml
		keep[path.Join("rpm", name)] = true
	}
	return changed, r.removeOthers(dir, keep)
}

// sign writes repomd.xml and its signature. They are two files, because dnf supports no signature inside the file, so a
// client may briefly get a new one with an old one, and retries.
func (rpms) sign(r *repository, dir string, text []byte) error {
	name := path.Join(dir, "repomd.xml")
	if r.keys.pgp != nil {
		sig, err := r.keepSignature(name+".asc", text)
		if err == nil {
			_, err = r.write(name+".asc", sig)
		}
		if err != nil {
			return err
		}
	} else if old, err := r.read(name + ".asc"); err != nil {
		return err
	} else if old != nil {
		if err := r.remove(name + ".asc"); err != nil {
			return err
		}
	}
	_, err := r.write(name, text)
	return err
}

func marshal(v any) ([]byte, error) {
	text, err := xml.MarshalIndent(v, "", " ")
	return append(append([]byte(xml.Header), text...), '\n'), err
}

type repomd struct {
	XMLName  xml.Name     `xml:"repomd"`
	NS       string       `xml:"xmlns,attr"`
	Revision int64        `xml:"revision"`
	Data     []repomdData `xml:"data"`
}

type repomdData struct {
	Type         string   `xml:"type,attr"`
	Checksum     checksum `xml:"checksum"`
	OpenChecksum checksum `xml:"open-checksum"`
	Location     location `xml:"location"`
	Timestamp    int64    `xml:"timestamp"`
	Size         int      `xml:"size"`
	OpenSize     int      `xml:"open-size"`
}

type checksum struct {
	Type  string `xml:"type,attr"`
	PkgID string `xml:"pkgid,attr,omitempty"`
	Sum   string `xml:",chardata"`
}

type location struct {
	Href string `xml:"href,attr"`
}

func repomdOf(lists, packed []list, at int64) repomd {
	m := repomd{NS: "http://linux.duke.edu/metadata/repo", Revision: at}
	for i, l := range lists {
		m.Data = append(m.Data, repomdData{
			l.name, checksum{Type: "sha256", Sum: packed[i].digest.sha256}, checksum{Type: "sha256", Sum: l.digest.sha256},
			location{packed[i].name}, at, len(packed[i].content), len(l.content),
		})
	}
	return m
}

// revisionOf returns the revision of a repomd.xml, 0 if there is none.
func revisionOf(text []byte) int64 {
	_, rest, _ := bytes.Cut(text, []byte("<revision>"))
	number, _, _ := bytes.Cut(rest, []byte("<"))
	n, _ := strconv.ParseInt(string(number), 10, 64)
	return n
}

// hrefsOf returns the files that a repomd.xml names.
func hrefsOf(text []byte) []string {
	var m repomd
	if xml.Unmarshal(text, &m) != nil {
		return nil
	}
	var names []string
	for _, d := range m.Data {
		if path.Clean(d.Location.Href) == d.Location.Href && strings.HasPrefix(d.Location.Href, "repodata/") {
			names = append(names, d.Location.Href)
		}
	}
	return names
}

// evr returns the epoch, version and release of a package.
func (m *rpmMeta) evr() rpmVersion {
	return rpmVersion{strconv.FormatUint(uint64(m.header.number(tagEpoch)), 10), m.header.string(tagVersion), m.header.string(tagRelease)}
}

type rpmVersion struct {
	Epoch string `xml:"epoch,attr"`
	Ver   string `xml:"ver,attr"`
	Rel   string `xml:"rel,attr"`
}

// clean returns text without characters that XML cannot contain.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= ' ' && r != '\ufffe' && r != '\uffff' {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "?"))
}
