package resources_test

import (
	"fmt"
	"slices"
	"testing"

	"converge/resources"
)

func TestAptSources(t *testing.T) {
	const text = "# a comment\nTypes: deb\nURIs: https://me:pw@deb.example.com/debian/\n  file:///srv/repo\nSuites: stable\nSigned-By: /k.asc\n\nUris: copy:/srv/a_b\nSuites: ./\n"
	got := ""
	for _, s := range resources.AptSources(text) {
		got += fmt.Sprintln(s.Base(), s.Place(), s.ListPrefix(), s.SignedBy)
	}
	const want = "https://me:pw@deb.example.com/debian/dists/stable/ deb.example.com/debian deb.example.com_debian_dists_stable_ /k.asc\n" +
		"file:///srv/repo/dists/stable/ /srv/repo _srv_repo_dists_stable_ /k.asc\n" +
		"copy:/srv/a_b/./ /srv/a_b _srv_a%5fb_._ \n"
	if got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}

// Whatever a file of sources holds, its sources can be named.
func FuzzAptSources(f *testing.F) {
	f.Add("URIs: file:/x\nSuites: a b\n c\n\n#\n:\n x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range resources.AptSources(text) {
			if s.URI == "" || s.Suite == "" {
				t.Errorf("%v", s)
			}
			_, _, _ = s.Base(), s.Place(), s.ListPrefix()
		}
	})
}

// A source may have a line instead of a stanza.
func TestAptLines(t *testing.T) {
	got := resources.AptLines("# deb x y\ndeb [arch=amd64 signed-by=/a.asc,/b.asc] http://h/d stable main # n\n deb-src\tfile:/x ./\nrpm x y\ndeb x\ndeb [ trusted=yes ] file:/y a/\n")
	want := []resources.AptSource{{URI: "http://h/d", Suite: "stable", SignedBy: "/a.asc,/b.asc"}, {URI: "file:/x", Suite: "./"}, {URI: "file:/y", Suite: "a/"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
