package history

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/bits"
)

// The errors of Unpack.
var (
	// ErrDamaged says that bytes are not a valid column.
	ErrDamaged = errors.New("a column of history is damaged")
	// ErrNewer says that a newer version of notewatch packed a column.
	ErrNewer = errors.New("a column of history is in a newer format")
)

// A packed column is its format, the number of its cells as a uvarint, the cells, and a checksum. The cells are pieces. A piece
// begins with a uvarint: twice its length, plus one if it is a run. A run is followed by the one cell that it repeats, any other
// piece by all its cells, as uvarints.
const (
	format    = 1
	checksize = 4 // CRC-32C of all before it, little endian
	shortest  = 3 // number of equal cells that make a run; fewer take less space one by one
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Pack returns a column as bytes. The column has at most BlockSize cells, none of them Nothing. Cells at its end that are not known are
// left out.
func Pack(column []Cell) []byte {
	for len(column) > 0 && column[len(column)-1] == NotKnown {
		column = column[:len(column)-1]
	}
	packed := make([]byte, 0, 16+2*len(column))
	packed = append(packed, format)
	packed = binary.AppendUvarint(packed, uint64(len(column)))
	for start, next := 0, 0; next < len(column); {
		run := runLength(column[next:])
		if next += run; run < shortest {
			if next == len(column) {
				packed = appendPiece(packed, column[start:])
			}
			continue
		}
		packed = appendPiece(packed, column[start:next-run])
		packed = binary.AppendUvarint(packed, uint64(run)<<1|1)
		packed = binary.AppendUvarint(packed, uint64(column[next-1]))
		start = next
	}
	return binary.LittleEndian.AppendUint32(packed, crc32.Checksum(packed, castagnoli))
}

// runLength returns how many cells at the start of a column are equal.
func runLength(column []Cell) int {
	n := 1
	for n < len(column) && column[n] == column[0] {
		n++
	}
	return n
}

// appendPiece appends cells one by one.
func appendPiece(packed []byte, cells []Cell) []byte {
	if len(cells) == 0 {
		return packed
	}
	packed = binary.AppendUvarint(packed, uint64(len(cells))<<1)
	for _, c := range cells {
		packed = binary.AppendUvarint(packed, uint64(c))
	}
	return packed
}

// Unpack returns the column that Pack packed, in dst if that is large enough. Its errors are ErrDamaged and ErrNewer.
func Unpack(dst []Cell, packed []byte) ([]Cell, error) {
	count, body, err := pieces(packed)
	if err != nil {
		return nil, err
	}
	column := dst[:0]
	for len(body) > 0 {
		var ok bool
		if column, body, ok = unpackPiece(column, body, count); !ok {
			return nil, ErrDamaged
		}
	}
	if len(column) != count {
		return nil, ErrDamaged
	}
	return column, nil
}

// UnpackAt returns the cell at a position of a packed column; beyond its end it is not known. Its errors are those of Unpack.
func UnpackAt(packed []byte, position int) (Cell, error) {
	count, body, err := pieces(packed)
	if err != nil || position >= count {
		return NotKnown, err
	}
	for len(body) > 0 {
		head, cells, ok := uvarint(body)
		if !ok {
			break
		}
		length, stored := int(head>>1), int(head>>1)
		if head&1 == 1 {
			stored = 1
		}
		if position < length {
			return cellAt(cells, min(position, stored-1))
		}
		position -= length
		body = skip(cells, stored)
	}
	return NotKnown, ErrDamaged
}

// pieces returns the number of cells of a packed column, and its pieces.
func pieces(packed []byte) (count int, body []byte, err error) {
	if len(packed) <= checksize {
		return 0, nil, ErrDamaged
	}
	body, sum := packed[:len(packed)-checksize], packed[len(packed)-checksize:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return 0, nil, ErrDamaged
	}
	if body[0] != format {
		return 0, nil, ErrNewer
	}
	n, body, ok := uvarint(body[1:])
	if !ok || n > BlockSize {
		return 0, nil, ErrDamaged
	}
	return int(n), body, nil
}

// cellAt returns the cell at an index of cells that are stored one by one.
func cellAt(cells []byte, i int) (Cell, error) {
	c, _, ok := uvarint(skip(cells, i))
	if !ok || !storable(c) {
		return NotKnown, ErrDamaged
	}
	return Cell(c), nil
}

// skip returns what follows n uvarints, or nothing if there are fewer.
func skip(body []byte, n int) []byte {
	const lastBytes = 0x8080808080808080 // is not set in the last byte of a uvarint
	for n >= 8 && len(body) >= 8 {
		n -= bits.OnesCount64(^binary.LittleEndian.Uint64(body) & lastBytes)
		body = body[8:]
	}
	for ; n > 0 && len(body) > 0; body = body[1:] {
		if body[0] < 0x80 {
			n--
		}
	}
	return body
}

// unpackPiece appends the cells of the piece at the start of body, and returns the bytes after it. ok is false if it is not a piece, or if
// the column would get more than count cells.
func unpackPiece(column []Cell, body []byte, count int) (longer []Cell, rest []byte, ok bool) {
	head, body, ok := uvarint(body)
	if !ok || head>>1 > uint64(count-len(column)) {
		return nil, nil, false
	}
	length := int(head >> 1)
	if head&1 == 1 {
		c, body, ok := uvarint(body)
		if !ok || !storable(c) {
			return nil, nil, false
		}
		for range length {
			column = append(column, Cell(c))
		}
		return column, body, true
	}
	return appendCells(column, body, length)
}

// appendCells appends the cells of a piece that is not a run. It decodes them in place, because most of the time for reading history is
// spent here.
func appendCells(column []Cell, body []byte, length int) (longer []Cell, rest []byte, ok bool) {
	at := 0
	for range length {
		var c uint64
		for shift := 0; ; shift += 7 {
			if at == len(body) || shift > maxShift {
				return nil, nil, false
			}
			b := body[at]
			at++
			c |= uint64(b&0x7f) << shift
			if b < 0x80 {
				break
			}
		}
		if !storable(c) {
			return nil, nil, false
		}
		column = append(column, Cell(c))
	}
	return column, body[at:], true
}

// maxShift is the shift of the last byte of a cell: MaxValue+2 has 54 bits.
const maxShift = 49

// storable reports whether a cell of a column may have a value.
func storable(c uint64) bool { return c <= MaxValue+2 }

func uvarint(b []byte) (x uint64, rest []byte, ok bool) {
	x, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return x, b[n:], true
}
