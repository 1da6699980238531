package pkgrepo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The tags of a header that an index needs (rpmtag.h).
const (
	tagName, tagVersion, tagRelease, tagEpoch     = 1000, 1001, 1002, 1003
	tagSummary, tagDescription                    = 1004, 1005
	tagBuildTime, tagBuildHost, tagSize           = 1006, 1007, 1009
	tagVendor, tagLicense, tagPackager            = 1011, 1014, 1015
	tagGroup, tagURL, tagArch                     = 1016, 1020, 1022
	tagFileModes, tagFileFlags, tagSourceRPM      = 1030, 1037, 1044
	tagProvides, tagRequireFlags, tagRequires     = 1047, 1048, 1049
	tagRequireVersion                             = 1050
	tagConflictFlags, tagConflicts                = 1053, 1054
	tagConflictVersion                            = 1055
	tagChangeTime, tagChangeName, tagChangeText   = 1080, 1081, 1082
	tagObsoletes, tagProvideFlags                 = 1090, 1112
	tagProvideVersion                             = 1113
	tagObsoleteFlags, tagObsoleteVersion          = 1114, 1115
	tagDirIndexes, tagBaseNames, tagDirNames      = 1116, 1117, 1118
	tagRecommends, tagRecommendVersion            = 5046, 5047
	tagRecommendFlags                             = 5048
	tagSuggests, tagSuggestVersion                = 5049, 5050
	tagSuggestFlags, tagPayloadCompressor         = 5051, 1125
	sigTagRSA, sigTagPGP, sigTagPayloadSize       = 268, 1002, 1007
	sigTagSize                                    = 1000 // of everything after the signatures
	sigTagRegion, sigTagDSA, sigTagGPG, sigTagMD5 = 62, 267, 1005, 1004
)

// The types of the values of a header.
const (
	typeInt16, typeInt32, typeString, typeBinary, typeStrings, typeI18N = 3, 4, 6, 7, 8, 9
)

// The bounds of a header, the same as in rpm (lib/header.c).
const (
	leadSize      = 96
	maxHeaderTags = 1 << 16
	maxHeaderData = 256 << 20
)

// rpmHeader is a header of an rpm: tags with values.
type rpmHeader struct {
	entries []rpmEntry
	data    []byte
	raw     []byte // as it is in the file
}

type rpmEntry struct{ tag, kind, offset, count int }

// readRPMHeader reads a header.
func readRPMHeader(r io.Reader) (*rpmHeader, error) {
	var intro [16]byte
	if _, err := io.ReadFull(r, intro[:]); err != nil {
		return nil, errors.New("it is no rpm: a header is cut short")
	}
	if !bytes.Equal(intro[:4], []byte{0x8e, 0xad, 0xe8, 0x01}) {
		return nil, errors.New("it is no rpm: a header has no magic")
	}
	tags, size := binary.BigEndian.Uint32(intro[8:]), binary.BigEndian.Uint32(intro[12:])
	if tags > maxHeaderTags || size > maxHeaderData {
		return nil, fmt.Errorf("a header of %d tags and %d bytes is too large", tags, size)
	}
	// It grows with the bytes read, not with the claimed size.
	body, err := io.ReadAll(io.LimitReader(r, int64(tags)*16+int64(size)))
	if err != nil || len(body) != int(tags)*16+int(size) {
		return nil, errors.New("it is no rpm: a header is cut short")
	}
	h := &rpmHeader{data: body[tags*16:], raw: append(intro[:], body...)}
	for i := range int(tags) {
		at := body[i*16:]
		h.entries = append(h.entries, rpmEntry{
			int(binary.BigEndian.Uint32(at)), int(binary.BigEndian.Uint32(at[4:])),
			int(int32(binary.BigEndian.Uint32(at[8:]))), int(binary.BigEndian.Uint32(at[12:])),
		})
	}
	return h, nil
}

// find returns the entry of a tag, and its data up to the end of the header.
func (h *rpmHeader) find(tag int) (rpmEntry, []byte, bool) {
	for _, e := range h.entries {
		if e.tag == tag && e.offset >= 0 && e.offset <= len(h.data) && e.count >= 0 && e.count <= len(h.data) {
			return e, h.data[e.offset:], true
		}
	}
	return rpmEntry{}, nil, false
}

// strings returns the values of a tag of text.
func (h *rpmHeader) strings(tag int) []string {
	e, data, ok := h.find(tag)
	if !ok || e.kind != typeString && e.kind != typeStrings && e.kind != typeI18N {
		return nil
	}
	if e.kind == typeString {
		e.count = 1
	}
	var out []string
	for range e.count {
		text, rest, ok := bytes.Cut(data, []byte{0})
		if !ok {
			return nil
		}
		out, data = append(out, string(text)), rest
	}
	return out
}

// string returns the value of a tag, "" if it has none.
func (h *rpmHeader) string(tag int) string {
	if all := h.strings(tag); len(all) > 0 {
		return all[0]
	}
	return ""
}

// numbers returns the values of a tag of numbers.
func (h *rpmHeader) numbers(tag int) []uint32 {
	e, data, ok := h.find(tag)
	width := map[int]int{typeInt16: 2, typeInt32: 4}[e.kind]
	if !ok || width == 0 || e.count*width > len(data) {
		return nil
	}
	out := make([]uint32, e.count)
	for i := range out {
		if width == 2 {
			out[i] = uint32(binary.BigEndian.Uint16(data[i*2:]))
		} else {
			out[i] = binary.BigEndian.Uint32(data[i*4:])
		}
	}
	return out
}

func (h *rpmHeader) number(tag int) uint32 {
	if all := h.numbers(tag); len(all) > 0 {
		return all[0]
	}
	return 0
}

// bytes returns the value of a binary tag.
func (h *rpmHeader) bytes(tag int) []byte {
	e, data, ok := h.find(tag)
	if !ok || e.kind != typeBinary || e.count > len(data) {
		return nil
	}
	return data[:e.count]
}
