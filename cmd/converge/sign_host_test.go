package main

import (
	"bytes"
	"crypto"
	"os"
	"strconv"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdSign is "sign NAME DIR [DAYS]": it makes a key, /run/keys/NAME.asc, that expires after that many days, and signs
// the Release file in DIR with it.
func cmdSign(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: sign NAME DIR [DAYS]")
	}
	made := &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA512}
	if len(args) == 3 {
		days, err := strconv.Atoi(args[2])
		ts.Check(err)
		born := time.Now().AddDate(0, 0, min(0, days-1))
		made.Time = func() time.Time { return born }
		made.KeyLifetimeSecs = uint32(max(1, days)) * 86400
	}
	key, err := openpgp.NewEntity(args[0], "", "", made)
	ts.Check(err)
	var public, signed bytes.Buffer
	w, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	ts.Check(err)
	ts.Check(key.Serialize(w))
	ts.Check(w.Close())
	release, err := os.ReadFile(args[1] + "/Release")
	ts.Check(err)
	plain, err := clearsign.Encode(&signed, key.PrivateKey, &packet.Config{DefaultHash: crypto.SHA512})
	ts.Check(err)
	_, err = plain.Write(release)
	ts.Check(err)
	ts.Check(plain.Close())
	ts.Check(os.MkdirAll("/run/keys", 0o755))
	ts.Check(os.WriteFile("/run/keys/"+args[0]+".asc", append(public.Bytes(), '\n'), 0o644))
	ts.Check(os.WriteFile(args[1]+"/InRelease", signed.Bytes(), 0o644))
}
