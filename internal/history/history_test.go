package history_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
)

func value(n int64) history.Cell {
	c, _ := history.Value(n)
	return c
}

func TestACellIsNotKnownNullOrAWholeNumber(t *testing.T) {
	for name, c := range map[string]struct {
		n  int64
		ok bool
	}{
		"zero":        {0, true},
		"the largest": {history.MaxValue, true},
		"too large":   {history.MaxValue + 1, false},
		"negative":    {-1, false},
		"the least":   {math.MinInt64, false},
	} {
		t.Run(name, func(t *testing.T) {
			cell, ok := history.Value(c.n)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.ok, cell.Known())
			if ok {
				require.InDelta(t, float64(c.n), cell.Float(), 0)
			}
		})
	}
	for _, none := range []history.Cell{history.NotKnown, history.Null, history.Nothing} {
		require.False(t, none.Known())
		require.True(t, math.IsNaN(none.Float()))
	}
}

// columns are columns of all shapes.
func columns() map[string][]history.Cell {
	noise := rand.New(rand.NewPCG(1, 2))
	random := make([]history.Cell, history.BlockSize)
	for i := range random {
		random[i] = value(noise.Int64N(1 << noise.IntN(53)))
	}
	sparse := slices.Repeat([]history.Cell{value(0)}, history.BlockSize)
	for range 20 {
		sparse[noise.IntN(len(sparse))] = value(noise.Int64N(1000))
	}
	return map[string][]history.Cell{
		"empty":          {},
		"one":            {value(7)},
		"null":           {history.Null},
		"unknown inside": {value(1), history.NotKnown, history.NotKnown, history.NotKnown, value(1)},
		"two equal":      {value(5), value(5), value(9)},
		"runs meet":      slices.Concat(slices.Repeat([]history.Cell{value(1)}, 5), slices.Repeat([]history.Cell{value(2)}, 5)),
		"largest":        {value(history.MaxValue)},
		"all equal":      slices.Repeat([]history.Cell{value(12345)}, history.BlockSize),
		"random":         random,
		"sparse":         sparse,
	}
}

func TestAColumnIsUnpackedAsItWasPacked(t *testing.T) {
	for name, column := range columns() {
		t.Run(name, func(t *testing.T) {
			got, err := history.Unpack(nil, history.Pack(column))
			require.NoError(t, err)
			require.Equal(t, column, append([]history.Cell{}, got...))
			requireCells(t, column, history.Pack(column))
		})
	}
}

// requireCells checks that each cell of a column is unpacked alone as it is with all others.
func requireCells(t *testing.T, column []history.Cell, packed []byte) {
	t.Helper()
	for i := range len(column) + 2 {
		c, err := history.UnpackAt(packed, i)
		require.NoError(t, err)
		require.Equal(t, history.At(column, i), c, i)
	}
}

func TestWhatIsNotKnownAtTheEndTakesNoSpace(t *testing.T) {
	column := []history.Cell{value(3)}
	require.Equal(t, history.Pack(column), history.Pack(append(column, history.NotKnown, history.NotKnown)))
}

func TestColumnsAreSmall(t *testing.T) {
	all := columns()
	require.LessOrEqual(t, len(history.Pack(all["all equal"])), 16)
	require.LessOrEqual(t, len(history.Pack(all["sparse"])), 200)
}

func TestDamageIsNoticed(t *testing.T) {
	packed := history.Pack(columns()["random"])
	for i := range packed {
		flipped := slices.Clone(packed)
		flipped[i] ^= 0x10
		_, err := history.Unpack(nil, flipped)
		require.Error(t, err, "byte %d", i)
		_, err = history.UnpackAt(flipped, 0)
		require.Error(t, err, "byte %d", i)
		_, err = history.Unpack(nil, packed[:i])
		require.ErrorIs(t, err, history.ErrDamaged, "cut at %d", i)
		_, err = history.UnpackAt(packed[:i], 0)
		require.ErrorIs(t, err, history.ErrDamaged, "cut at %d", i)
	}
}

func TestMerge(t *testing.T) {
	keep := history.Nothing
	for name, c := range map[string]struct {
		stored, said, want []history.Cell
		changed            []int
	}{
		"first":                   {nil, []history.Cell{value(1), value(2)}, []history.Cell{value(1), value(2)}, []int{0, 1}},
		"same":                    {[]history.Cell{value(1)}, []history.Cell{value(1)}, []history.Cell{value(1)}, nil},
		"nothing keeps":           {[]history.Cell{value(1), value(2)}, []history.Cell{keep, value(3)}, []history.Cell{value(1), value(3)}, []int{1}},
		"not known replaces":      {[]history.Cell{value(1)}, []history.Cell{history.NotKnown}, []history.Cell{history.NotKnown}, []int{0}},
		"null replaces":           {[]history.Cell{value(1)}, []history.Cell{history.Null}, []history.Cell{history.Null}, []int{0}},
		"a shorter answer keeps":  {[]history.Cell{value(1), value(2)}, []history.Cell{value(3)}, []history.Cell{value(3), value(2)}, []int{0}},
		"nothing beyond the end":  {[]history.Cell{value(1)}, []history.Cell{keep, keep}, []history.Cell{value(1), history.NotKnown}, nil},
		"a longer answer extends": {[]history.Cell{value(1)}, []history.Cell{keep, value(0)}, []history.Cell{value(1), value(0)}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			merged, changed := history.Merge(slices.Clone(c.stored), c.said)
			require.Equal(t, c.want, merged)
			require.Equal(t, c.changed, slices.Collect(changed.All()))
			require.Equal(t, len(c.changed) == 0, changed.Empty())
		})
	}
}

func TestBits(t *testing.T) {
	var some, others history.Bits
	for _, i := range []int{0, 9, 2047} {
		some.Set(i)
	}
	others.Set(9)
	others.Set(10)
	require.Equal(t, []int{0, 9, 10, 2047}, slices.Collect(some.Or(others).All()))
	require.Equal(t, []int{0, 2047}, slices.Collect(some.Without(others).All()))
	require.True(t, some.Has(2047))
	require.False(t, others.Has(2047))
}

func FuzzUnpack(f *testing.F) {
	for _, column := range columns() {
		f.Add(history.Pack(column))
	}
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, packed []byte) {
		column, err := history.Unpack(nil, packed)
		if err != nil {
			_, _ = history.UnpackAt(packed, history.BlockSize-1)
			return
		}
		requireCells(t, column, packed)
		require.LessOrEqual(t, len(column), history.BlockSize)
		again, err := history.Unpack(nil, history.Pack(column))
		require.NoError(t, err)
		for i, c := range column {
			require.Equal(t, c, history.At(again, i))
		}
	})
}

// FuzzPack reads each byte as a cell, repeated as often as the next says.
func FuzzPack(f *testing.F) {
	f.Add([]byte{1, 5, 0, 3, 200, 1})
	f.Fuzz(func(t *testing.T, shape []byte) {
		var column []history.Cell
		for i := 0; i+1 < len(shape) && len(column)+int(shape[i+1]) <= history.BlockSize; i += 2 {
			column = append(column, slices.Repeat([]history.Cell{history.Cell(shape[i]) << (shape[i] % 46)}, int(shape[i+1]))...)
		}
		got, err := history.Unpack(nil, history.Pack(column))
		require.NoError(t, err)
		for i, c := range column {
			require.Equal(t, c, history.At(got, i))
		}
	})
}

func BenchmarkPack(b *testing.B) {
	for name, column := range columns() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				history.Pack(column)
			}
		})
	}
}

func BenchmarkUnpack(b *testing.B) {
	for name, column := range columns() {
		packed, dst := history.Pack(column), make([]history.Cell, 0, history.BlockSize)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = history.Unpack(dst, packed)
			}
		})
	}
}

func BenchmarkUnpackAt(b *testing.B) {
	for name, column := range columns() {
		packed := history.Pack(column)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = history.UnpackAt(packed, len(column)/2)
			}
		})
	}
}
