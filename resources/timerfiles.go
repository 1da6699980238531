package resources

import (
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Show sets the texts of both files, together and each alone.
func (t *TimerWant) Show(files TimerFiles) {
	t.Content = resource.BytesBlob(files.Join(t.Name))
	t.ServiceFile, t.TimerFile = nil, nil
	if files.Service.Set {
		t.ServiceFile = resource.BytesBlob([]byte(files.Service.Value))
	}
	if files.Timer.Set {
		t.TimerFile = resource.BytesBlob([]byte(files.Timer.Value))
	}
}

// timerFileAttrs names the attributes with the texts of the two files.
func timerFileAttrs() []string { return []string{"service_file", "timer_file"} }

// fileAttrs are the texts of the existing files, as attributes.
func (t *TimerWant) fileAttrs() map[string]cty.Value {
	m := map[string]cty.Value{}
	for i, text := range []*resource.Blob{t.ServiceFile, t.TimerFile} {
		if text != nil {
			m[timerFileAttrs()[i]] = resource.BlobVal(text)
		}
	}
	return m
}

// revertTimer is Undo for timers: it restores both files, and whether the timer was enabled and active.
func revertTimer(p resource.Past, before, after TimerWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs([]string{"path"})
	for i := range us {
		for name, v := range p.Identity("path") {
			us[i].Want[name], us[i].Made[name] = v, v
		}
		us[i].Want["unverified"] = cty.True // the old content need not have been valid
		if after.Sensitive.Value || before.Content != nil && before.Content.Sealed() != "" {
			us[i].Want["sensitive"] = cty.True
		}
		if !p.WasCreated() {
			maps.Copy(us[i].Want, before.fileAttrs())
		}
		if !p.WasRemoved() {
			maps.Copy(us[i].Made, after.fileAttrs())
		}
		if err := madeByDigest(us[i].Made, append(timerFileAttrs(), "content")...); err != nil {
			return nil, err
		}
		if v := us[i].Want["content"]; v != cty.NilVal {
			if err := checkKept(&p, resource.AsBlob(v)); err != nil {
				return nil, err
			}
		}
	}
	return us, err
}
