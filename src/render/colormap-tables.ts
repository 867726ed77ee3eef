// Made by scripts/colormaps.py: matplotlib's and rio-tiler's own colormaps, as rio-tiler 9.4.12 has them.
/** Sorted, in lower case as TiTiler spells them. */
export const COLORMAP_NAMES = [
  "accent",
  "accent_r",
  "afmhot",
  "afmhot_r",
  "algae",
  "algae_r",
  "amp",
  "amp_r",
  "autumn",
  "autumn_r",
  "balance",
  "balance_r",
  "binary",
  "binary_r",
  "blues",
  "blues_r",
  "bone",
  "bone_r",
  "brbg",
  "brbg_r",
  "brg",
  "brg_r",
  "bugn",
  "bugn_r",
  "bupu",
  "bupu_r",
  "bwr",
  "bwr_r",
  "cfastie",
  "cividis",
  "cividis_r",
  "cmrmap",
  "cmrmap_r",
  "cool",
  "cool_r",
  "coolwarm",
  "coolwarm_r",
  "copper",
  "copper_r",
  "cubehelix",
  "cubehelix_r",
  "curl",
  "curl_r",
  "dark2",
  "dark2_r",
  "deep",
  "deep_r",
  "delta",
  "delta_r",
  "dense",
  "dense_r",
  "diff",
  "diff_r",
  "flag",
  "flag_r",
  "gist_earth",
  "gist_earth_r",
  "gist_gray",
  "gist_gray_r",
  "gist_heat",
  "gist_heat_r",
  "gist_ncar",
  "gist_ncar_r",
  "gist_rainbow",
  "gist_rainbow_r",
  "gist_stern",
  "gist_stern_r",
  "gist_yarg",
  "gist_yarg_r",
  "gnbu",
  "gnbu_r",
  "gnuplot",
  "gnuplot2",
  "gnuplot2_r",
  "gnuplot_r",
  "gray",
  "gray_r",
  "greens",
  "greens_r",
  "greys",
  "greys_r",
  "haline",
  "haline_r",
  "hot",
  "hot_r",
  "hsv",
  "hsv_r",
  "ice",
  "ice_r",
  "inferno",
  "inferno_r",
  "jet",
  "jet_r",
  "magma",
  "magma_r",
  "matter",
  "matter_r",
  "nipy_spectral",
  "nipy_spectral_r",
  "ocean",
  "ocean_r",
  "oranges",
  "oranges_r",
  "orrd",
  "orrd_r",
  "oxy",
  "oxy_r",
  "paired",
  "paired_r",
  "pastel1",
  "pastel1_r",
  "pastel2",
  "pastel2_r",
  "phase",
  "phase_r",
  "pink",
  "pink_r",
  "piyg",
  "piyg_r",
  "plasma",
  "plasma_r",
  "prgn",
  "prgn_r",
  "prism",
  "prism_r",
  "pubu",
  "pubu_r",
  "pubugn",
  "pubugn_r",
  "puor",
  "puor_r",
  "purd",
  "purd_r",
  "purples",
  "purples_r",
  "rain",
  "rain_r",
  "rainbow",
  "rainbow_r",
  "rdbu",
  "rdbu_r",
  "rdgy",
  "rdgy_r",
  "rdpu",
  "rdpu_r",
  "rdylbu",
  "rdylbu_r",
  "rdylgn",
  "rdylgn_r",
  "reds",
  "reds_r",
  "rplumbo",
  "schwarzwald",
  "seismic",
  "seismic_r",
  "set1",
  "set1_r",
  "set2",
  "set2_r",
  "set3",
  "set3_r",
  "solar",
  "solar_r",
  "spectral",
  "spectral_r",
  "speed",
  "speed_r",
  "spring",
  "spring_r",
  "summer",
  "summer_r",
  "tab10",
  "tab10_r",
  "tab20",
  "tab20_r",
  "tab20b",
  "tab20b_r",
  "tab20c",
  "tab20c_r",
  "tarn",
  "tarn_r",
  "tempo",
  "tempo_r",
  "terrain",
  "terrain_r",
  "thermal",
  "thermal_r",
  "topo",
  "topo_r",
  "turbid",
  "turbid_r",
  "turbo",
  "turbo_r",
  "twilight",
  "twilight_r",
  "twilight_shifted",
  "twilight_shifted_r",
  "viridis",
  "viridis_r",
  "winter",
  "winter_r",
  "wistia",
  "wistia_r",
  "ylgn",
  "ylgn_r",
  "ylgnbu",
  "ylgnbu_r",
  "ylorbr",
  "ylorbr_r",
  "ylorrd",
  "ylorrd_r",
] as const;

/** For each name 3 x 256 bytes, red, green, blue: each byte less the one before it; deflated (zlib), in base64. */
export const COLORMAP_BYTES =
  "eNrtfQnYJVdZ5jl17/93pzt7YkL2fems3QRIgEBC1u6goIIIqIgzDii4PPo8yugMBscZ12fwcRQdnnEcRBYBQQRNZ0+IkUUSurOTBMiekJA96fTy36oztZ1T33pO3Xv/v/90/q57q07V" +
  "OfdW1ak66/e93/tdbOLLWVOmZ4n0VyfSL02kb0ikfzqR/o1E+kOJ9L2nfD6/nEj/y0T6OxLpKxPpFyfSfyKR/qVE+j6J9P2nfL9/lUj/0UT6e6Z8vmsS6WsT6V9LpBeJ9K9MmZ7K/6Yp" +
  "69f7Eul/PuX9P5lIP2jK/H8xkf6LU5aPRxPpTyTS35RI/5xJNdCJxQ7ia7OZOLRmB1+yxV1eEs+vKkpNUIfwGCaIxyBhkmO3yNl3Rbnk9bbIiyYc/7jZyYvCjXvs5uP+F3HZLs/fP2X1" +
  "uP5DeYxOAI+rneoYvoB8Pu5/2uV251yhryzA33aDPs2mzagvZ36b+4fnmq8/uam+xtSl0dar9PEb4wOwUV9wtw0b1323urAYsgMDYaOsJroHzkEuA3bAnhRpEjcs3b8abAgvDgZ+A0IY" +
  "hLXZtFu4A69j6vwb5x9991bIMXk/4R2h0OEd8ME7aANC8mb2aotSV65QoUoXLb8JNyzfXJf5phhXX5s138y2/V7mO71Bt2t9p1Wuttmgj9/QLw/E9ej6RqwdI6CHsR2wJ0WiMxm/aVcT" +
  "3RNXcRO5YWv3pef2XxTCDdqhjRNqpSwuWFL56goYOG7+11yI3Xv91sBOZvlb7YIMh+0mBJl9BlacruzyDdsVv4k4eUPrTBd0TSZsE3G7E+me6Jc0YVXwODoRbtC0rRxEEwvhrrUOV7hp" +
  "fI3wQMJT9M2RTXSDqImt18dJiw96dBxISfQ3ykZ8B/Bx4+4u9BeGDk5x7aE1SOrhu8LFeocmPJM1kbDyxL4+gPWQtHCwYaHNBmsuyIbtRuOUdLaxaGhVfncBD1Nsl6SSZMP7AJ1Zu81A" +
  "66Q+SrbyJ5nZZBBLjG7BxfYS2nq/A18Re0C0VuERDCm1vD3HzbnfiA9M3vCmnO8ov4EbZ5b4YhOLyeJrs5kihHvb/3ipv/6lXv5d/6UwC3Xc7hV+kDf2cbNT+KHRGMdLfdmfjlo6GUs9" +
  "QCqHcHkxyvNaVlj1TuWsdEC+5aZe682w2mm2zS5dsrCt/kzkGyaMbJ02Y3fRWUErWPISp7z68G+7KT8Hh66QDlCaeC8nHoRZOZ2Uw283QRc6Y7AJa2bycJ/0CwIcg/6Skzw28a2Mzfk5" +
  "giVtXhgcn4Ne17D5NJvmoHpPTbHAkhncdlo01AlDqG68k8FBIXgqprrrPG+3XQj2wA+KnGU077LqQn0mk+8wE2iKDJiTFWdmg+YzEAp2kxTee/P2YiN9q0kTLH4eQBRShFyh3MNlFDb1" +
  "FjwJXrCrTNW1tHyZ5Y1XT9i2tdk/AlRndiFDXFBI2rG9DbKp7kmFZ9M+n+YhhS8IcAz4tqHxUuJmdWAjTzn9pvtCUXOQNOdBfh8monQaWu/slcGZg3+Z7TOjMgwwYGwfyoA9lq4l9Fu4" +
  "E/b8DwzMIJjqF7hR7CayTIIKRZVhnlL/sWhKTPkZNdvmABWopd7/78z/Eh//LfX53878L+n8b2Y6TeEotkbVx7TTFjailhn3hUy5yGXG6t2nljnnzDx95AimluURyR/E859st+PJWB8w" +
  "wcpUOCyIKokmebZwN/7+yXCSHrjlvQSEXL9oYo1HRg8yPcjo3NCyqWR0jStEk3e/Otb2ZXayRZohCepX0+cHosLVmnn62PdjdTo/SD1B9ab63kNa3cN1N+jP06zWmJ4v5cUaciW3uitF" +
  "GbOwt0cVTpkcNdYGHs3LffIzZ/MU/WIvPVZCOkWjWOp4XbkSjvt77f+p80x8n/oNczjDNBspforn0vu5L9QF5iMs9Ac0dfRbCeiMbGTMeWw0ImO/XBR/K26o0BduZGFphy7tDxNerQ3L" +
  "rMXCfgDRC5JPIAStdwV4XvvRe39pvFwHKo4IyTkRqBYujhxIktMyYkYA1rQbrfv0IsyhEGTKarWyZCg+M4SFjEtyhQo5d/EDcTOBYQeQ5sri3Qw+iWZjQwGiG3XaEcEAq7Ntbcm1TXGm" +
  "JSqsDERkWcbKPnoQOMwyFZMjD2Q7NaPwKZzyKaD+Du3Sdx8eiIwBrILV+ptR868WZgK4Afo/I+NKy/yrhRm0fHT1wnsa6AMYjrH2CoRFtv8S85+7McJqM/m66PAj8ETgI99ex/Njv5N6" +
  "QY29ixS+6O33XuLlf8m//yVe/zc7BrpnIHwXE7NGhfs9NiK0vhAE10aU+6NfFXwv9fxHjqLi+Y6TdjvhtzR4RaECY8JfLZSzJQv1DT+OqVaqICdwAh5ygyoUoVirwV3VggLgMHQDA114" +
  "XwBzCLWYxnQHfdCfXKadMUE31QMYSRyeySD1hPxf1gl0hzHBtJVMD0hwXlw7ASSMcZVppu0p414BIiUAp+J/DSh9ycrKCnYNws5BUaF9i9mPqVJkrUF3EIHnA+1OxHpBN6PzN4FtF2gE" +
  "tucgYa3/NU4BWJpJtYoFbAfETsUHffHZsdDJNhj1DpF6sHCU1v/G+z/5qUHTNcnqC4niZLNqxXBK+HFBG0fYPhrBug9E5E7t2CQrKvlYC1n/GOvn9G+id42WxpT+90csE3tgSQhrMoSW" +
  "pEcY6WBYm0xbnx7K2FiiUeCpzWp0Q9bm+qjXsRk7jlrHCZZMoi2YuAkdiHTfmuEv3Unof9+Y0v+mnni6h4p/I38BVmiCTbGgHxaP5f4xBEud/2epz/9fDPw3O/O/ePLPpS7/XeLtn5sb" +
  "jUZ+HaUPRsNymWnXsBM5mBOWkRC3YmXz2bx58xawbp1dHl9eavlfVi3Lu00qA9vm5uB3LnE8erHm/2UHNMvTeHl2vgv87nuiRfvZsLF8C1ZfGaF7kIbcRtqXSXMMl6QYO/GS6ccZ3QGS" +
  "pyqfRzKxC7Te0yl4eh6o1D3KOL4HdhVCb43wME2Mg4hR6fyIV3V3Jp2hTXaEPwyKK0RqEsbkQyaKFvL74PmjLvNgaGuJD8vxibYkMi+QjawrH0BeC0mYyF1g9GJz7Enx6PTGjM5PJpGj" +
  "SWIpdNvIVrAaIFSq8ZFSzx8RSMt07jUj3LJJssQl6OLkXeNiXHI9D1BgpB+e7qpiAG1bM7FZY9NSK/FdSYjkuCyE8LwRXQupeOPUP1L9MNbMm426wowDviXi2kZ8j2xg2QYbw/ONVUtO" +
  "TwOWpPpCbT0Nx/8Kmx7yqxiNUWpjpybATb21RP6H8WWQunxSNU6xi3iTwsymXmA2jJewOg8zJE/g2MVL33wUwGgOHLRGDhtgoNzxHIgbTJBWJMXtIvdYtAomTjLl4lRWvH6bNL9LIv+j" +
  "1MLfDtwUqeKTsmVgoEm8SVX/1AvIE7lb6vafS97+fSf/0077/6Vc/5d4+X9NjEc3qsTk9IyihpOYx+jSI0A+QzR/hJPTYRYng+ly1Yk/whCEzw9bRGQlmQEgVS/V+WKZmD5v5Aav7QZK" +
  "L2J3T3h7oDofMM47bvsBKYHywjNIzY3qz9y1EpU2FJthW2SQGU2Cw4AT1EydouIKKU8ClKMoZLQH+2BCoQJT7hJo5ZcJlzi15oqJAfCcXy2gAQUCKLjiEpw4KTJxPqBabAoUypy3fjAz" +
  "M6w/nr0JcldR6w5A+kbqB8FzyZXCoHLUsUw5Y0Q6BL06awgi+P5p/UB8WaG+HMtBioCMNsN0bVa1bxMCjqjIRGJaCelmLBY0jVPXMOdG4QTRIKgrxkpMxDtuxEQT9AjGMQEu3fHTjbEv" +
  "ic+Ef3PjTxhE6vodNMJ9zbleEM+XaLr5nQnZjox7SXxqM+cMDHswBS7rZjqhm+sGsb418byx1E58gCyGh8RwGHGMtmqYDlpoLCZtlRCzVBboNbh+ppdZZNNr4XDGGIg5xCT+uMOHswQ+" +
  "VUDTATLwl7puxxU54HEi+lh8M5RAFylu8YgMDS7EcUXz1mSL3vaM8EzA4AAyqkKtYIG1hAa5tUJ+f4Iru8AeOsDUyUNmVg9GpUBTh++K2y0ZxxwRhDFfhiZMDnEFtK1lsKPBr8oaCd/q" +
  "iywstd3wFZAzB25mROMwQmwOObfrbhtuf08hfxZkUChxmPzWD5qD/ZA2TyNTNDCERhNNRl8L/ikQuLIyb+TqAcuXIRN5fDsOvzsyOYRTPuA6xgWCb6AGQW5XrBHsaMDzBBZ43ZQ7Lwpm" +
  "qE5UOnnH4Oyd5Cl+4EBDYEPVgceGV8ju3QW+AJEyornqvuJMlkzLwLSiKWw1C0bDdg4VagO/bZizh6AeC/TnDf+57AFH/mJ7BzDRA7IPTPggUoRD1oRDKKsBa1RB62hl+nMuQWDSMTQt" +
  "BI13xX8O77HICxqRF7mU7gsPYj9xBaiKHeszeHdQKFFtz00ZX2lTU4LA78ppZnF369l0AE00GA+YvCFkHuWemHmEKW1CLQENoCM1xQdWgVegFth1TijL5TSN/rwj9+Z0QBb3tajjp2Ii" +
  "BgzDSDWDFOSE06d9HCPPYt0o81qV3lzeHDTdRN0p+AYDiVBRdWZS091Cn4Up97rWpiu+nBfEP5mO1Jx84AFLrTamwHgUif5cICBDHRKRejpCg+LYFjQVr+zeLTF4aaVTVoGnQcZ/yMYH" +
  "2OLxuAYMa1pPA9XXkP4ekbnkmLzI92TQhhdNRTQha8QEOeUf/OpE+l8n0n89kX5xIv1DifRrp0z/m0R6yv/6Xon0yxLpH0ykzyTSv5lIfzqR/oFE+p8k0v8pkX5HIv0vEukPJtJT5Xdd" +
  "Iv09ifSzp0xPld/fTaR/OJH+84n0c6bM/56J9Fem+KUT6b+XSL8wkf5UIv2sKfO/PpH+UCL94ET6LyXSVyXS35xI/41Ees7Y9ERyvZx7sEbTiALTlcNZn+hXNfZFTnacBHdFDj8USZXm" +
  "UpVMKXLNkl0lBeD97Dggkihq3PT+U0H2jUgGn86DuaGIsqkYR73jUgaCPhoX0cm1yDOjkhkwEwA4qucCCiCOEJXFYTx5nGiPLDgrlaUqijsoYgXBTI8TzkstnPsbSrYOBuVMcDeQXGhz" +
  "bW53eKBieaLYpmC7nixmgZ9F7PHnh3HdCHplPQ+y1fxJwjydzdYlaS+aFzMlrUAoaiVzGPXX49UsiyWcYE4uzjoB4GfPjMEdGlbKwovvkPQWzPHbhwa9Y7UO1ADS2kuDgDgIUaYOLUU2" +
  "FJIsLccTYf+BX+/bKRDh1k0YpJAg4rKmITlMAn74PCk8wJbv2ixjMgG4Q3QI4J9UnNNsHeladS5jNifWvII5iRzWnQUmpcPW6129yTI0B7a0cGkqWDQdhk+UuOVt38nDrXGl+B15eUfz" +
  "+gtPcdzYhXTzbXpWwv1D5bVQPLq/ISUC/a4+tsHMpS21nZfAroB3H1DOuc4ioyg5NxLITENR74Q+/lF4eU83+PIysQI6EPeV1iuQspZplgLiiqOsxOpqI54eJRCczIKPOimLOqUgMCqK" +
  "QrBKQpoEAurRpD0a7M0/LIKFas+4Ny06oj6JqiDwLfrS6FvBrK1TXVM4o3yHwwMNOysi10dGGrLZI2MlQkPpRuNTjHIvOmxaSy9bfJhoTRhZlBOFcdKQkatjZSM1Kxqp0R6PKEgZ66AR" +
  "neTEcZQCwu5p+FNt29cMU6Qo7G2PQ4OkjSm3xjR02oVNZYT1acYJCIf5TrQ1TFn+CiMUqnZgQDUN2UfRjiJQVAH66QLlrgS/SkQnx3CLomsbY0Xla9+SHX3cVlI4C4O5TBnKZgLFeQh2" +
  "j7jGIcodOngWLM3jI3qBGr2HvanGPdmTeMDEtsYejYGEmrpOhIVHYZ0CmjhTbp2AB5giVjGP71kzrTHC8M1fcRkt49b3ZFz1pU4i0dGAjJ2p99ugbbEN/LBxSMxVM44hMmiFVvHibCTg" +
  "FGZ8VxwpQP+ZVjdTSdKUgiKM88n4qlXkN4OyQnfq4EQPDk7QmLEOW/MegT5nce23UFi5flhwGCI0PvjxoGfbZb9lKejcGnC/Bjn3EY5WP8bL4YNzEZld6HYOpkp+q3k5IF7pGB+g3MwS" +
  "nWl3sYZatrVAAxppMY8sf7koq5VEt532nNunlsuRrHhLHhx0uYil1jMkx1Z3FZF1FYDWAFJfXSGNUHmR101C2BjXB7NSd8GkXjAbSvvGfHsPuJ+czlFOy6zTPQCizVYy6MRxOLfqcKLv" +
  "UIiSCe1K1TvceOml11fhiWvXnT0ow7suW3/NljI87IJ155YDBPPwFeuvfKIM9zlv3fkHluGzV62//L4yXP6GdRceWykRrl1/6W3VCc5cu/a0Kvz3S9d/vQpPvXBdrSC7ozxhpQk68oKL" +
  "zllZhg9ccclVlWZyv/MuOm//Sotz1SVXVJq+FedcdMFRFanTNesv+3atvll34eoq/Nr6S2tN58vXrn1dFd566fprK+78Yy5c94ZdyvDey9df9VwZHnD+uvP2LcPHr1x/xSNluNu56y44" +
  "vAw3lye8u2I7PHvd2pOqE/zrpZd+q+4e3/3jZ+z71A1f/NjmttN809tef9ALN//Lx73i8cx3nHtUfudln7i5PT7hp9eumrnn6r+/pj3e/10/snrXh6//3Oc9cdK7f+z0fZ74xj9+zDOu" +
  "vOUnzjzw+Y1f/vij7fEb3n7OEXN3XPqJ29vjU376wuMG373q09d7jdG73njKioeu++yX2uNd3v2jr9jr8a9/4WO+W//Jt772Zc9960t/+2R7fP7bzz5s223r/+7u9vi0nzr/WPudKz/1" +
  "9fb48HdddPLy+6/7zCWeAepn33zaHo997fOfaBR4a9e9ugo3Xra+1nUfXz7R2TL87uWXXP1CdTvnX3RupeR+9MpLrnysUgiee9H5h5Thpqsvufx7lYK6LAO1kura9ZfdVIVnrFv7qh2r" +
  "UM1/qdpxHmq9/PRbXr3fMzf+0996srGLfvL1h2655ZKP39sen/HO8452d13xyRvb42N+Zt2Js/dd+/dXtMd7/+ybXr7b9//tHz7jT7gDVaolX/77kPT2I/JNWeR0u6DbhDux6VYXwZl+" +
  "vZg/i5O+CREZoMEdkH4cTHAGfPjGbIOtymSdSAnTvhSTcRvIVGHGMKwwtBogU7WAxjUn7rZy5YqVK2esLqDrtRt1s8hj5Scj6URlTSmLyiScYWeBoi15ISLlUhGGymJbCaQyVyXfvKBj" +
  "+zxQ4cg09S4m7Zzia7YFxCmbRiAPr9imwxiZ1DHKks92VKcIkrcVkiLL/+DINpeM37sJkacPzfWFg7G7HRW2ko6Vc2k1y1Z5RxAZjrU7t2nTC5s2PXfbUuf/2Jn/nfxPS5r/aWf+lzj/" +
  "kyTi7lAsMOTGTvg38NgmhOgYt8HPK6S/NAmY2gG5nxJZcgwTxGOQMMnxDv/4WnjFoOVbH5BjmCAdLwz/l/ftCITP+Bini5oZ6ugP/GMeQwf8SeQF9i+RY61UXqjHjSOKbvDNjmt/p93o" +
  "vDtedP6/Bn+WtzC0BmxFj5uIuc74rjte8g5cyTI7u6z9NiESPLRUU22Admemv/TWdtlWb2frZaYJIlDgxtHE8ibY5v9e7+zeLntUm11masiW3xjiQbOTReUdzmqUAyqDarWqFYZm/Vvk" +
  "W6pls980ziPCCk8y6ACIw8HsLHwA/kmHbwg/9MLm6tNu9tpzr/Jbb6qvVme2bW0+bfDCpvrjA+39DDALM2HZJZRMYLSOMU/I+G7vvZtvvQ6GhNaz04kxr5ABzlLo1h7b6mWuCWq3JLPL" +
  "2mX6wjrXEvCNup2wi6Qw28onXD/m9jvP9XVze925LvS7MPvbtnkb7TqAZyjL0QxYly9fvstyv1nODX67j1a6AGFCtXpMcr1C8mfI9WLMqH527WZu87Pl8syz7TLr3129s3Xrlq31WgWF" +
  "4/592w3BIsEbfPLJJ59q1uprJii7/SsDXFa0XnLaYFndzC5rg1mtdXnqqafbb71ZscsuK3ZpNysmHP+4bY0/nRAkNgvb6QxmZtuPGNBjadBrQzr7g7hZ2AyN/LPFD3mbEj3FIPb41jFS" +
  "vrAZmgFPr0c4WNinCx4ifHRFn2fdRW+HRzbbZ9ME29+Rmu1T17ro4cLeTaIFohH+vV8D7nFh7zAPTsj6hQvfZNbtWDlw2qdZy+9eaT9lZHnVfMh/CTJ2bHmu95Sbjf/7JS//X2T/jwVx" +
  "tDcXzMHSqx0Mh8hmTThIxA4XUP6L4wuT/j38JaAr8/FMXF3G//tMchniw3LE+kT9rdclL/8HZlHCTq9YN0O8PwqrlpQttv/fnfqfnflfyvovQKqYEZLFDPLBGsijCo67P0x4vMj9/878" +
  "L+n8b47RxHj2F8ycg5iXZaxcga0OnGS90DNCMqlV9qTIpCzASfTWnIgosroU5A3j1zglUZyiPAGkpOYewiuIrU+PgxeUD1IE4ykwcDSCFjeB/FtECfodwW8K+ib9i3PLU8m7dGRPMKca" +
  "J4IZwdLQMPYiHMrepn3M2bLXJ+oGR7k4d5rCDxI+KYzgUdcqZUNESSfXaPC7cSdXlf8jSpguILslDikPae4H6NUikn4tks7IE989ltVoiFZBg20dKbF9luRoMtZqltYJiibVqkAI42h6" +
  "UnwST6+3tFNk9sKsTTJXDrsZwZaemdJnxLJfsa6VaXkZNe9A51+erdX07abRF7eiwZlWO98wOdX6a++QtLPfDcrWYMbrWWw8csJLCmspbNAnbm3X3OzgS+D6ma/wJYpzM2Z6X9dTLuJN" +
  "DVMOsGei6ziaqmJxl8Fuu7af3Xb14W7b1/9lQfxcTB9Ojf96Eb6o7flO3HPPl59q02zrT/5irKiKVq0Pfi9y7OIzGPkgYbGkTpf1KVWMYNa4vmSzBfd1iukPPBqz6qWrB7D1Gafyz+ea" +
  "kwmBiUSlLiv4hFwhqjWcuArOpDk9sECZ5HoS47yYhg/t0GtZh9dr1OVed+OJND2hYDf8ssHtC6QQqd/jKO+GX6N29FUPv/z4a6vf7LR/2pn/nfZfO/U/O/O/NPO/OS4+lQYcqntymdcy" +
  "Ke4vohv9sma+5P8KHT2hm9fC5KeHXD3qwrT/Yvgxpojiwab0vfX1aVAorKeJZCX/+ohYHypLD1DTuxCPjlPJ/02Ej5LSw7FNSv6vE2NmSWb9zlmbJsA+j/L4scCMw9+fYE8V5f9j0sqI" +
  "RDORUOLZ73YOiioegh/ZuEtt0UuC7DqBH0lUp9pW9NCXfv6Rr0tTjfRwJSLOUImvRm0nrcyNcSGndcjxhmhn/pd2/o1NVbiUqraPF5OYyljneME+JSUtUdJpS1rLvjP/Szr/qwh3eeuy" +
  "GlQuJMcL/mCA7R2nBDc6a7qmkuVE40YYa2TcrwQkNSPUX8QHkkV+zVvt6csY53l7Jfg75uU1U8ZDpnfAeMpVHvMYpblASq/4ZpH56Kx5P/PL2jwkIFw0ItxGFM0qNPYuSWHOXXwJ/ttI" +
  "l8PcHyDP2ZQBj1Iyt0FO/YdzCjHiRhpSKjMXeAXrpgx2jaGhwSQNgjC74c4eDK6QwBMtctDSYh0NfcRPCqJ3FcuFUWvaC5GcZSh+M7SxQ4+AzXcL0UF8xyDfDXZgQfsofe2O+V0CnuGJ" +
  "v1+OdgHNruoegjtAkan+rcbkLztkEgBJBkI0gO4HFOUV2Pf1PIfWLO0lm/TR9f3xkn/AFK0x5vHwxa8odEUOHCPMdzh1/t141xv/JheWYceNyJKPebyDEwD1fv9VnzjyZCCBFQTugsiq" +
  "C10Q+BhitcF7aHfYG0aSPFU45XCwILQEed+HWpW8HQYUORz2e1ULZHVfmxWrDxXsun5lvyhGqTP5vQUBcFWzFfnx8d1hNbNZvHdf9bJ9b3VhKlQ+Ci8r+dL271P9a0PdhWIi6VWoYqRA" +
  "09VUVaGjTm64q2zT+Ynt5bUYAeWpJQNxWmxU+Rr2Mqq417Wqp95mM8PlK3H9jqLTiXpZjoSyo62xvWpn2h2klHV7i36fNKdniks87huL+JSGxj6STQ/R2FnqDl3dWNm+TPJWKEvXHsOi" +
  "Hxd3GIcc1FInrYWukccaFNHfZr+RWCe5cIbJxrhWJg4arWJHY0IKXIchSbg/VSKKqLNUNdSeKocFJPABROiURyRUqkdVbuSZ3GBhqTOi+wgo5wQ3RMG8ilcJ1WkYg+eCk1GRFm9WM7ry" +
  "Ki81EXoEp3uW3WVaaIEty9awt1WhoiApcicqDW7sM2OIc1UD5GaWQYIM/r1JG6WJUnfLNRyG9g6Zpb73mNEXk2ZHXO5B1zVALjywHZN0ZzIWlALIJtAbvqPHTx8+9verNVO0KsrNAPN4" +
  "X2Cf9y2Szb9S6OkmqIO8sZt32u55oVtx0KgIjtM7pRbDlvQqYVhHEbJXOOdkh8acEFpyatIzArs2BCvvqKCypAB6PsGJiuJGlUrMuTdSrBAp6Ks1XDviYpqIiKkF6kjx+BLVYKZ5qRM+" +
  "AQQ6c62Ap+E4DSYRWOHTtJptmWtZIKDtMBr8cFfGGmgLwaFYA6f4A3YGMRAAwB8k6cY+VKFayy2kqVHWmjRC/uPITip5ckm303h2q0+f6ew0y3zMcFumqTxwTkkRqSTl3BdLZNx+d5pn" +
  "7q30IJVvZCceu3BC1oXO/0TZ3o75j0nwBv7L9nomzVPZn2ZZTN3ffDR7g4Vv/8j432JYUvAgyIaelk376Y4uOhB2hWkB6D+NtQTRxNC9shadKjkEWAqRQeGrdGd05O9o2iDQsGjkJiwy" +
  "AnkKLwBMxQTf2laAOGFJGBF7hd2BZTAq6M8a+rJuPXRmAFBi8WOy2itwVHpBAD5MhIF2TMBfODi8gyIeypVBpk0c/eMzPaeDMOJFySmzTDizgYNrNtBnY3d1Ek+9m7PzONFFOsQjcVBS" +
  "e98jJv1yhbxlnsMLUUbmJx0iHEoDQymYIx0XhaRopFKSKstwzMj64xom32PyFAglRjbN6ISwcLb4M6MYPzCAkAAPilQjhzPmAFyz8N5Fu/F+DvxeFgy45nJYqJ0QOH5hXI/5ZJ8hyUUJ" +
  "JZ//F5JBUcHnznhSqXN7FYrIAAZPcLx4gU8pXGKcXXI9sTo6QZ6pYC4J6BIUPOnlafDK7gRfxPeLJuuF7P82YsjP7pV1mrCTsPpXgcuxSuGMaKjXXzJ+qmL4lFHWpQhHmDz51wQAVARg" +
  "OJZbbiCojkR9TrKTZvYM63APcjINoCidwvL3CGVnnBxNBnWTAaf4Iuh76L2bWQ7gh5vXjaHllMzKlBLZo53k9ViqKERLSkY9RtbyZVxRKpXwmt5ul8YVTP1dBn8xVzkI9t9FQDntvsfu" +
  "e/jvrkikgopFGpeW1+7murZ46jtDj2wQsJg1GT5oCxCCBHYF4B8DwMhGvigzqHOBOUPz4+fb5bly3aLe/q577LVnWEzlSMh/d9Gqm0UyrSjqpgPKAUqZHBSlTVsXGZyE8n8DgZiB7MO3" +
  "oRcz+Gbwy3j2mWf899lFED+A97pyBvbuW2t3b+33hqfB8rx6tuW7VpRhK3fbtVpQZYRPKVNrZo7KbAGLBviiRh8/ZfCYC/gnlJkJHlPP/G+fZdlK8NJg04BgyzoSCUm+nDYg3Qwq4ws7" +
  "FJieLEOv3GvIkbJhSMk6RsWso1YMJxh26RfrPlf5XufHFXpSFY6BzRF0Y9wdw3RGtpoBmRtxhCzFy46WpXTh/0ue/yfQCRaBVRCwFBYd32CRk2XU/XaEU3YgTDgs4gQjolQBvYrw/0OG" +
  "F+7meMx0UISht3H5WPNLTo938h/Nk33A5PYHLkqyk8B29SIQijAQbOrHf6Dz3+tQt74IOdFrQu/TJfjvUyzjP0gYZjomAiNDCiB1lnedjkIrVLFcFyRoNyVksUkJ8UHyxQnr+yR9Twoj" +
  "bJIUNQu6pPJ/XA9HDFH+e9uDAEH0GiBhmbNep2Pm9zH++0TmhmO2f1KJi0L/YtRKGG4tDuKYzpXuqnIum6HnpNAMLHT775LpEdxsj/Y/6f9E1rGFcHO6/Y/7v0nRl/E2L0KVW0g4QUlB" +
  "KGio5E/q/Tzey32MoEcJXxFejZWgMS1N3DuOSRLYJaDrSfyPlYEI3W7C/0m/9j9mxzBN+z11+9/D6jL+0U1BuhF5zLsMavmEnSSBWsL/TdLLUCr/SSOaFH1e3MNN3PuMZJWEsy8qp8hj" +
  "jxTgs7IGAz6woWtpjzMYX4X+P1+pZ9AGyg7oMREcIHkBenRNBkzEvZBPjq/1Mxv4qSjABAiqQdTQzHAdF1OAeydx7TM5Xc93c9zGgXh/2OTXWPosQibNBHlv1vIFrQANNhiFu7xa22fT" +
  "hfVazBgT5ynxD9BjcJy50Dtt7vX+6+dBZUa4+hjw3ltAtVHyb3C+cdPym0WRzxV5vi3Py7AGOAQjgULgm6/KyXeMxNPCcP/1kZcZ5J1zuuhqEF6E9bBNsikEMUO7gl3UsXUZwsdndVfI" +
  "XfvuK7VEWEGZaI+/0NbtQZs3GII2IYOP+oWm+BR9VvYMDIxGeW46ewPWLn9tHpV8++NvdHltCquk/sbYiAOq9yr4YwJFrcaJzQwGg9nBoAyz7I/xIA3n2Sj5NzDZkX3h3dfv35ne779a" +
  "LmuLrh934CostH/GfErs9H5LivxzKfJ3pciviyf9vhR5oCjplyK/KZ70Y1LkR6TIL4n//5YY+1kp8r1S5FekyG3iST8kRX5SirxWijxNPOmfSJHXSZHvFP//gBh7kxR5uxT5cSnyl8WT" +
  "/p4U+RYp8s96X95c33vS+afi//9JjH2TFPl+KfLdUuQrZe24FPmwFPkyKfIMef7S+/n/gfj/d4ixYqvweinyN6TIG8WTni1F/lTvmjIrnvQsKfKjUuTbxP8fL8b+Wu+50plS5AniSX9V" +
  "ivy8FPnB3s2veVfv658q/j9qAHVpJO2ASNresZMePuF09OHYSV8WSdsU++M/mwnzeGgk7d4orimSdmwk7c6obnzCZ2O+EEt8ZSTt/kjaYbGTXjdh/p+JnfTUSNps7I9RZM7KSNr3I2kH" +
  "TioRjRWcJ2MnfSSStnbi/MfyGNNxHxc76V0T3k2s3YiWxkcmzv+2SNpNkbQ9Js3/6yNp95kJW6Nvxv745YT466JE+rcS6asS6Slk3AFT/v/uRPr9ifQfJNJT/sM3JdJPTKSnWJ+eTqQ/" +
  "lki/MZF+TyL9zER6ygDzoSnTD51SPn5DIv2YRPruifRHpvz/HYn0lyfSL5ky//sl0vdMpKdsgG9LpK9MpG9JpP/QlPk3U7YfB02ZnmJHvD6RfkQi/dOyua3oRyioLTBwwUuUqMcP6HgU" +
  "8YnkBWFU76DinnKjtVsLdFua4VFLyt0YsXqAZ0v0MmgdZw49+LNjuOkMZj/gkAFdwpcqI1FykDsGUCghOjpqL839O2WKzx5FKI9tdJDts0OvROdm98uuHSsQNdRGxsbtk+tcyBMcLkDe" +
  "euvh4DsBZMrfOtQqQEcunHgm1yhoWFFCwM1RwGe2igARL+TMp6HxqmdH6WCdDTtM7mlh8nDKWlTt37lshtO5qAjOFQZkRd4qANcSNrKHjsCgUy9aBw03o1Y89XUghA8ohIGG+A+D5k7c" +
  "BpraFlJRs+RLruD+Abk9Mybc02qbFR2pwaqVSeih6gS7CoixlosrC03K0H8DjFx5aYx8ayDQcGGfDIlK4Z9AU9AxCpmijnPQbuaSn2ZmMV4Uhw4rL8MeKt85ABHLoPx0M8nmDLicUMga" +
  "47iI9EFslxtKKl9rKtfLg7ZvkL29ZDZZRzRHPIzNgpFDqWahGoknpWV9Uec/BsyIs+VJEEQpVkOYpFi3fJxzMbNMgbJR5XLktI7RA8FWXmGWlDDAbHRCRija2CuMt6rubG5ubjQP+deI" +
  "Rk3CX6hg6E+t9+tPxO1cfGyDn1KBW9PyEVQO0FVodaHeISEeEGHWMWewMUY7GWa4gPn/MKV96YKER0lpVWFWdHwASSyUL2EkcWj0l4PBH2C30BYVHukisK5m8sA3Q+oxq2PKyTSOZCO0" +
  "5U3DqYqGdVwpR9D7HYkLNvT14ubH+b1CshxxWGNVOLIGVhPYHnzAWW3aDxrY4D1qQuojdDStZoNvjrMRaGNkGZC1GzdZYZNF/NsK5A31qgOTNS/IkQYXTqUQEczPW+2eZTgnsE4U0Os6" +
  "TlNV8uGWC4JatMKMGC2RN6uW7ZBvdKDwAWrJ1BGr1GofmPFDK1M4TRbZ1Fv+YaVkOhVSrRncOHWi7MjPuu+uw5a5gA/6FZZnydyUzg349CDhrVj0bEhHkiodB2hOFEIO5q7db5YhhhqR" +
  "CMkpajtLPGBmGv9GCoRLkjNrZbffMklNhLmfQrRx414Hv8+NRDiPHYZEwicMGWgFDmQT8Uw/mRPAaKwROcY4Q5jPQFkBnlLc9UnU1pjcWgIUi6xDuBPXR2u6M0NOdcWH+hFiOMwM3c0F" +
  "KpPnLaxhoAYzko0JNWDh5FEFJ/CiSNgE5X8hz3n8HvR+qZkBivBPeGjNEVlwUigVE4mbUfL9qHh37e/6ldkYGFonYUGV2ddJS2dEf6LEtPNsKqkCfYFKpRSzh5Qt2owmCDCc7M1vtSXX" +
  "Fj4gCDuqEa2xmvWKJK9t15iAT2Tf1ImpUHuCdxP9PyNfL4fMVGaey0J0sLwRMf/jsazitiHiEDvSvyuuEozuu119/+r4T5//qF7mjWprmtHZ3QDK8eVFnS6IHXtDkqNM+41mLR2zd9dI" +
  "Cwu1QJwXneGgEh4iqE8QYCIQn/8RPVbddOk0iyoDqaoeYnrEjsJfsaB0B+me2dX5jzr/j71/pcoY3alBbHCgVRnFkQSWmUANge/xHti44eY77q3ogA44+qTVa071oLkXNm646bbvVCiS" +
  "3Y5YdcqaNQFMeNeGDbfcef+cMYNDjj1pzZqAY3mi/MPt36tgKfsceeKpa1Z7LJS7acPGW+9+sLzessOOP2X1miP9Hx7csOHmb9+7iV+5/EN75cNXlScKSKC7NpZXvq+8cnbIsSevXnMS" +
  "v/LeR51QnshDE9zNGzbe0l75uDIL3ZXLPBtzxOo1pxx32C7l7x6869byFAGZcerLTz3hqH3Lvae+d0d5L08EdO2a1Scfe8jQmG3333nLho0Bz7V/ec1VR1SAjke/e1t5Is+tNCxv/qRj" +
  "Kkzgpnu/ffOGDQ8GRNua1acc31z57lvLp+DfxW7liU5srnzP7fDKq9as8Ve+6+aNG8KV91uz5pRVR1RP+rHv3HbTt/CVjz7IX3ljAPsfXua5uTIaNb36vDNP3b+MvPObX7nsQRB/8AVn" +
  "v/LYsqg+etP1V34N/uHCc15zcnnZLXd8/ZrLIBLrhPNff1oFAr3vW9ddAREeu114zuknLDfmmVu/ejUCF59x3pmr6yvfcO3l0CThoAvPeuVx5ZUf2/hvV34V/uGCc19zUvmCt97+jWsu" +
  "ewZf+eUVUvD+8sq3oiu/4fQTygw/e8vXrroM5Pqtp6xZfbA/+F75Eu68b2vZMh18TFmyTvFjq6fLl3D7dysA5p5HnlA+0338H24tS9ZdDxTGzBx23MlrVgf46iPl67/j3ueqV3P0ieXb" +
  "XOEBhVUl+E6FCVp5+PFlUQRX3njzt9srV5XAX/mZqvp97wl+5ds2bLj1rgfy8sqHlldeE678/TILd9zTXrn8A7/yisPLerz6EA/jLK+0+b6qcATs6SFV4Ti8At489J2qQngI14qyQpx4" +
  "dAUIeuaeO8pyHKBlx5bl+NhDy3o7euCuWzZsCJClfcqMnHDEXuXe49+9rbz+c35oXeb8pGMObq+8cUO48sFr/JUfvhtfec3qE4/av4L73VNVxUfDlVevOfk4f+WNG26HV151ZHPl28sK" +
  "EcpmVSGOba58Z5lnhG6zF5776pPL6ru5KlPPgYSTyjJV4czuLcsUtELZoypTy8ricetXr7ocnuk15712dfmciqoeQQDbIRec/Yrjyos/uvH6K5GN1NpzXnNSVY9u/8bV6Monlleu69GN" +
  "+Mq7X/iGM1ZV9eiWr159mVCDi7u+ee3lqAZX9cgKNdg5qfOhvsgkFQ9GbkgTQeazTHZxVMQQHmT2yQ7S/BLx4826qqYf/09Ud6NSRoiTMoVAIu2hL3ZrCRqhOSdQ1AoiyVTYS1uour+T" +
  "mIlcvw/MkDDCL4ro12UJC5QkPwMTiDJ2BB0dkkWc40nQAcnSX5QsGOKhQd+ckSLu0Xh1bIT+hwsyTIS+QQYIWNM7HIf/h4IK3h7zaNrxfyg4jSx9BZV3wuoOUMdCdPT5sx4sfPtf9NLM" +
  "aq183FXG9GzOm52ugXYRWhpZ3rsA7X+qhVRuOWjRNXcKbeScS2I+JK7yydAiE7T/TH7tJD8nehESpT6gy5iaX0cnDmKIX7mbiC8L3f5foCmb/K7QHjNoV4xDbqHbf51Zx+i33H1fpct/" +
  "ELZU7eNF3ASIXvD2X9Rd4+MI/u/iROnj7n+ziNZSrSWOi7e9lJt7efEb9aP2JTobpYYyea2eGRXMk2mSUV1kruN/dLVYVP4pCvN0zYia/+VOnxwJXsrqHQn5P+wCYR0C0TnetXr7H5F/" +
  "pn1b44iiQD5QgTfUk1Vkhsq4qLfZEZ40kWG0ZcnnUnHbVBllShstMtQBcGIEZtT8J7QcsspI138ptSyO/9GF2Yp2K6L/kR/ZG7HHa7DJmHYrgrSwGaHbpJMgrf333jwCMjfsjrAbUOQS" +
  "FGL/gRWASP7reLUG+z3kH5pfZgyvUMZ/hkPBybFs2tSRF2liEdNSHxVFdIzooiIk93xq/qMycwJeK77tDlL8x1TqRXYo9pfA/UyK/zm1bHWp8b3TEMnGJSaO4RFGsyDOSwqo6IrO/6Jl" +
  "s6PY0sAm77VR4Y2Nju2CAwWj8lQqxlFAy68K7ozzJmaxUZzsbTRuSoGMKpIznDj/s2GAcByIDkphRJz/mBhyZOJW8LzWIQ/j85/DUpA8Y+PPODX/i+D5Ar2n+vASNx+ZkgF8cWx+YEcu" +
  "ZZWSqP+SlHpeIyKVo9dBXLYzxwQQwoA01sZotPlx15YUhaLv6o4oFZ+X3ONlzP9B7hLtU1L+k5Tdx+VfohAIBKn+r4eULWJ3Y87qISNIC5kjv5TRffMYkar/UUvL1tQ15v8gKn6KuluE" +
  "BM5RFvosupc4Rb/+T5S6lJ8PmrgdYh/JVLQJj1zbmLhSg/bg8hwiKf+JrfZJ7mqbC50xHIkaFmkBdydd9DLf6sbIBlvtW2/0bTR6CuJvQ8LHErP1J7hOVD4ykHPC9bLnS1r70T5LhYib" +
  "mFWlidDfJ3/2LNe3FBGpQRh1s97ZRJx6M4/ATiFCs7r+nvq+1lz9MqQ9nzrCEcIRApGGlQH/wLJTVM4bT07gMJOAgVLkHgZkTHwiOP3IpOkIbDONIJuXJPIHJg3OIwT4JhZj0ubisiDf" +
  "pqcckr24hVwcRuxFhKMzcJ8tTOIE38Bp7+22R4kmxd4a6u1X0GhI434LWWc04aQl8mk/v724mG5x2eIuU/tPopLsIZF1Qs4PLL6W+D9sht014iqJCw0pFI5S9nAJEifIEaiUOpPYnHst" +
  "HNEdAqBirSwf5vOejfdjfS2dehrZMx8ykjcdxYtnHIHmpvZvVCzuYqesP0u9/BubQF9lcf83jBdH9ccyDjVJzCpW0r9rUz0uTifP3b6XqXmyoOXR9R+KMYsqqYzwP6jKPNWYS9d/xCQi" +
  "muRFnWYHi+6seypZx3FGDL+DB3jRdmagznWNyPDRInc0t2AR/XdC/8dUZofpyATmps6XAdX+jT8QH6jy36j9G5XmEZKDIuH7CwjRcrE1KCNmIvY/2lfXf6smY7rKMMr/IGvVdJNJVf+t" +
  "5n91xP5TxX/ErJxkygQjSkZqBahWM3VjRpX/A+SxQLuFKmX+Ob39EycxCfeUTPrnA93+TdH/OSl3nudEo0cUXO0hL3tcUrud2v8I/8f84X9aSAcI/G6RO/iB+Ift1f5r9n+LnP/t1P6r" +
  "kBG7yPk/MMXyA2Q0IJAav8Ek+J8I/9N2af8XPf+qMev2af8XO/8uBubbDu0/nQCn/R2P93sn7Tpif6bIagPZmQadkdAhFCWSwP9sdmkNoyKYN5RVV4SxxJ2jF0kHxRTGRNLMmO+HLs+l" +
  "9Ogp9XYS/5/S/yasDBL4LzahZEcCxybYrOuF/9GQ/RF5QIgQfLYiMbgwLrL97dHG9R9sx/t7+gc6EYz6wCjRSszFedQ2gSnCxYMowOZ9JqIb9yNXzrcOduL4rwQyv4f+N4X/SinI47iF" +
  "T9oYZUkmwnZNxDBh7FKkjv9yleVDJTNUIfNqA1IZ8CiSiUyGBWMeGLybZcmHycd/Ws9cxNgc5Y4k1wYTOmXOsRHL1igyQ5wF6vhvLSqjKtBwYFTUlTqYEyHeUsfcHa3RLZPUzKiUuSoz" +
  "1KDf+L9fz62a2UXyr4oMXxUnsxE3Mf5XRUKizjIj898ixgAlQuZlG49c4BYIUpaP6JYZevtnI1xtIhLJULwLAb0Ixj4u0pjp8z8NZaiWskVv/3VjnhT/l/BR7Z90QfHit/+qyXCE71IW" +
  "mcYow5TyP9/tf8JkjusfI9ACTitZtGTOUZWBuGqvXxfrRuyf9E+c/0v4LHb7/wtxZL48s4nBNTXKS5X/cXHb/9NNXP0qrpown2NlfcQk5T9izDZ/7X8KADGuPMiMLz+K8wOkeGGLhAQm" +
  "4jyqitmUshFQDLwwQW8sUA6JWwbVTixlPKDw9kCS4hiHxNNJNGlahhYVz6Xyn7L/SDJEmGnWyv5LgcpJPbdsyxPl+U7b908nf5lOPmSNSVHVaPbJBskf1IGCZtfFHA1lUWOuWBAZlNiU" +
  "Sceu/XDykTXFf5Ey5kjmPyFgjNOLpG1I+pu/LMh304oVK1esgJvlvQv71q1bt5Xfyo9NucxVn+o7qr7lp3Xd5yFCwebfAd7TRc//P9TzjOFgODOcmZ2ZXTa7bNmw3O+1QjVXIem+4ptq" +
  "u+j5/5xZnKWtG1/wJuiuHr3NNCP82crXz7Jqkw2Kskxte27L1mp5euvWLVuf2bJly+YtW5+rStm2vJnIZ4PZ2T1n62Vluc6sqF7QzMwu5TqzstqUUTPlG8saVWz9t7lqd0szQZ2rY5sp" +
  "bBlfuNzbvbja1XozGgnDtTpoFI7WDhrlY91VDT1xRR1fPuCBp7IuN8OmRxuCbm74lGnnIJ6lwHizYK+aqGvN3Ki7zblwy0WVkSqYq26o7S6H1ZmG1svu62v72YCpK+i2ueerYHP5AEcv" +
  "1LV0bmt1nq2tXyrjsmwm6xosT59tWuGDb8caVpE6P4PZBmwwU0XNDv1LHAyW1dgLlH/YzQ9vc97R0Kh67GFUGgT8rr7lTWXzUi4vlK1KvqW64VG+rRIeNDrf8swVk3nzynKEYGhdbpWb" +
  "+gmO4uNtPzJBL8D6fqaLq1+Vz/9MhT6bbZhWllcZXz6sS98u1Xb5sM66+v6nrkbDQdUYVZ52JwqzKa8/LX56sfNvRnSZy/HKktFn2vv/YYhvmmQz7ftb5PxfPK0Byg6e/6Ve/nf09q/3" +
  "YE/ZPBg7+VsiaftF0t4YO+l7J8zpp2OJPxZJ+3jsjwfGEn8+krYmkvb/zIR//FAk7SdjJz0xkvay2B8PjiX+dSTtf0XS3hE76c9E0k6LpG2KnfSvIml3xf740VjiuyJp/zhp/ie9m3+J" +
  "/fGxSNrnJ87/9yNpt0XSPmMmLOMbImk/Zyb8419PnP9jI2m/GElbGTvpjZG0v5u0/fuVCVsx855EifzLRPqfJdLfmUi/JpGeqkoPJ9K/lUi/LpH+zUT6Pon0xxLpb5pS/vuDRPpTifRP" +
  "JtKvSqT/YiJ9y5Tl5+5E+n9KpB+WSP9yIv3lifQDpxm1lMsbEumfSqT/aiL9fVPmf69E+g9Nqf/7UiJ9v0T6E4n0V06Z//sS6f8nkX7MlO8vJQz/q0T6uYn0/ynG/nrvpvp1UuT/EE/6" +
  "QSnyEilynRT5XfGkD0iRe/YfW94ixp4kRV4hRX61/xBfFJWc0LvR3rV/+/J+KVKeaX5NjH1cijxOivzf/YdqfypFLpMi/6sU+bx40gd7V5rPjtE+iWO0p6XIQ6TIo8STrpciL5Iif0+K" +
  "/C/iSf+1d6fy4THaT1Es+pHe47Pn+3clt4tCjf5D/NdIkedLkbeO0f6+rfdQ5uD+VfW/S5Fbpchf6y9U+AUp8k4pcl95xs39i/daiZJdYyaUHbmrHhyinnP4RnGAYJhRvc7KtE/vMxPk" +
  "huJkwmKGuj4OkkR6Ko6n4Ihk3UU8ARKojI2Z3T/FJqjMQTCJB7fgMgqvqG9wBbtAav+EMSeEtRKyJ/aibESOvLvIe3lP4HAGU3SohCAp4daGkQKqJEqCLaROoVQoPOXRtbaylRy5C2yy" +
  "4p85+o4AEUWUcoy3Q2fyQI9Dcs2Uckknv6WLRONH4/qRyTIGW3YDXcEX7F+5nR+nATGiARljnFPraIKx929UYxbVanme7b+095576/2cGPZH7L9jLHWqlaHq/0G1/5lX/L9im5pmyOb1" +
  "SOU/yFXO1XN0j3Uq7nI+8f9WxZTGXCZppUyDuxn1kb1Ltcy2OimATHJR838gmoDua3THIGNLTuL4f5lJQzWZfLPKRTpQ+Q9i4xYNZqjY2M4v/j/mMknx//NxNTNGRybrb0atMhpW080n" +
  "/l+3slN9uxQx6DsxoDGs8SmcE1DfiKvPaZRkTrR4w7+FrQICi/veFbg4o2PDyBgW9MejqB1FERuSYC+NYzlFUfxAUs8odAgo276aNPezzh19Yy4zw+UFpSPhqRLxXCCILgjAH1EjA3S0" +
  "YDEvM6CTYUZqUuJMwhFBs+5vUkVEOBcYbvpSaA2GdOOaLhKoEYZnkWzNZpnsSxJyMtEm2IjmS/L3KNOD1VmLNooNrEB4YbR7iTl1TLs6QbNtE59ViyOWveOFTmpLYiWPFxap0FEyAgNY" +
  "7i0Zx3S0W6Q00WGVYIk+0Ib2XTgt/+0OvyTdV2fxtdlMEcK97X88xky8MAt1XHg/a2bC4+BIzIx9vMSL/1J//0u9/i/1/F/cw0leOwpY6PT4LxYo/T0727+l3f/1cP86/seZHSV9qZd/" +
  "HR93r5ZwsvqXz2oJV4+PD9Th7iqe93XqX35KTfnA+MirI9S//IGWcPb4+Mwjxr+x15vx9S//rKaoyN1D1b+MtISPqH/58PgvRoWk6uhpHQK/v5qiImP/Vf2LirT+zPgv8xz1L2/TEm5R" +
  "/3K4Gb9mqjOj68avzPeof1Hxpdeqf/mt8a+io5B1wwHV+Olnxgdb/pH6l1/XEt6v/kW12b1f/cun+rX/CKH3Y73a/19SG6BVWv1fo+IPz9BuDGGX/hAerAX7m9SMnam20qiZ+VF4cKl2" +
  "godgwlnazSAQFypl69Q3cwHYv1u9yje0S76gttIPqJA11P6/Ah4g45f3aX9BJlJ/Aw9+RYOOInu039SezCkwYU+1MV+r9fLvVxvT/dRbRi3L9fAAwsBXqqXkP8ODx5W/m6/Dg1drjRG6" +
  "/zvU9vcverX//6iiC5FxHALTHqI1LSvU/J8OD74C9hEK/nJ1lLFeayX+VL0kvMpB6utDFfOLRqvMj6k940e0gcGlapcB4cI3a7k0fwwPvq9hOJGx5X+AB9C49Ydhwl+qb/kGtfwdoB6s" +
  "0ZrsVerBAdqzRG/2BK3I/t9+V9lLqQv4xKvUxuS1apaRZc9qrWVepfaMu2rvb43aGO+l1dLd1PYT2rd8Ts3lwer1f0t9ZsgGYg+tme1XZD6iDnkP0JrpT6qjxCO0q9yh/kotmOZ7WpXF" +
  "Z7tdG/I8pf4FHvxHtWW+XWv/UZf1SK+rqH0J/v8jav+3Qe0M4JP5CZjwTa39Ms9p7fdT6lU2KMMHbFBwi5Z/1MtshAcPq/m/vd9jvkcrTBvUCchTWpW5Wr3kFq3/7/cyUZV5Bh7cqmYZ" +
  "NQbImALZSx2vTSb37yVleoU6SzpZG3J+Qa2/h2oHf6Te/nFqY/jf1CZPbZl/W5uy4DbnSK3Iol/9kNZmoxs7FR4cpY3SJsn/VWrLiIa5u2vP/1T1AA4Gv6Q9GFxnj9HK7/7qZHAPbfjd" +
  "M/93qo0RSrlRmzLerx7A9uPH1cHYLdrLuKFXxTKPgv17YcK3tdvHJovT5h/NLJGJ5k1g/3fUXvYHWvt5stpL36NNpn6/Xy9z65T5/0O1mX1cezOwlOLx491aNt+kTvlv0g5Q8XvWaJIR" +
  "1H/sl1F0f43i7lw+A4xzWIGXSEiKnqlwMSMTwzbIVEf46WtE/wh79u2Y/KkvZ/TD1j0C0O9w45kqLhiomaNEtB1glu3hpjn8gmC/GQocuRDw7uvb7OcITyn6Ki9iVMsty7+TfUc4hf+6" +
  "2C0A6m3nMav8ai+Rou0yn/OqQFSsVoNh+wk75APSay8vlUHHqPo0ZK3Vp3zLCPCrIlyZZY4R8MrGMeOeDl++hwmnMoIXpU5n3ma3yWhw+TukPtMlrwH+h63HywyY17TPW6L5NipytxBc" +
  "XQB352CFh64oCMS+Oj40U/ivreywx2YqFJWD29kxAivWLYBx0KlHgOUrlj9Fy9+b1tUz67gASseI9Dd39jnMRFDwZUCMDYPRZxQdWz+fqmT48t/WgarFrAgs81FbA3z55x+wUxEa54V/" +
  "CoXkHUQqOt6bWFfRG/w/tP0TfYeqTlipk0IfCG1QwmN5oIrH4H7Rb5oK7Lei6gqZm3JHgRX/v+QwXHZIKaxGNwEQ3Skap1t2mihW30SPFYMAkzILeF4k8Cf2oMQyR6x/xgnmEMwuMrxa" +
  "sokY2DrT25ZWdhemBtVnX+Z8HZcr2RWjYCusmZx2JRmYCMAW0UbpRWnbS4YpsmWA0DTzTRMekgL6mwTcX2z9TPScRmcJEH0UasYLQmttRD+MgoWA3ztXsR+XnHhZITnKWaBY1JPGC20C" +
  "17PGL6B2N8wW00r2/rR8nKbbfUOfS+r8c1r+Uyva97neofXk59gTMzpqjn0sPj4NOi1vDXqFw0gFNbK1S8+NQxaM1KIxnWChHTK3S04mfJTlX/yOtinLSM2csX3yb3iHolIFSAmS03nx" +
  "q8S6KfnDHShXk4RuwfiPkS8qlQfETVDmYODUoqUWPnRsRUvH/puUkTBjCMjx1+U5i+OO1/WEIsrdkk4wU+Z/OKssQ/Xu0XdAeh9ryMSlG58MkE9T4v8alzGNbSbmvsbykyHCIUv8+QDr" +
  "PAHgiE1B8eARSgmOMuSUyPOzpSdtL8a6ZWNF3809MPmy/yAyvTSWWQTSDp04K+cUDJSRoQlO68aYwPK/q6BdP9h4MQxeKfRBOaEm0IfzUERn+PwEzt2hu7CCMMKAS4GhevdQtZFTvfcI" +
  "nNmzdxMx+uwsPkE2mIU8MpDX59Jcqicx8tDdbiIOp9k5kCUGmU8nLSMzsG3EUF//ukKSScLbwr21UQV0tOjEkfqCFS2fcXcWtI5XWljsyMsy75Qm/1haGCtfuHpmokMvKjvGc53W3U5s" +
  "whBjHjOIEqXxgc16P0CQASz667d+XDdKCF2SDacENZlmWzTEDnPbliallnfVy0zlr2qm817lg70lo/Gs877KxubyyA4IXtUuN8OtZ9O5HahLMauGcSBaTQtuAgfq7J31kuhCqySr/yw4" +
  "T7JcOxNzGAd8jQ5Yo47VEq0+4iSg0/GC6mGQaAfRqDizZTNdwc7AdT6lUOnwN7cO9b7oNK1iwT8LG6ZasufEtoxmw+FwEP3AYLilbSILqYfhcw4kbteGiHS02HqgLiQqjyfrMX07tG/W" +
  "+ttG1SLfltoGyEjFFpA0VMjDJNSFhTxW39xL1nOdMApopzoxYB9yOShCYCwwjez3DqXrQ1JlcXSvOnbFTCY5ETKTjvjBEZS7a+J3nzwqmCjQ4HFAMylxXZ7rA7kjqr7rsRt4KAUPlSfW" +
  "nxmBlKS7laYr8HrSEdaW1sX3+yKfndIzj9N1a+QXSJiuyL7jXIfjpSSWTaJLX9Xb8FSUhoaPMjSdQoyBUJZxx2NVwqHPCbVCHNgRFYDj6lkD+EwkNsQU/6cS4wRNTop9lHuTdiKDjzNH" +
  "2gmXbNwUWWJuEFWPIPEWKWnik8ioP1+ye+i4dDypWJV9VZXVs5mZGff5ZxrZD/XIzJ0FHyQ9Jj4al9WPGs9waLVR682b8jj/J2G8BXxZhiuYLRP+C2ICYaS7GjLedTpwYTzXUVJ2fXMB" +
  "+jjfaVkTECGZH1YOwzyg3Wv032GAD5k0OxbCDouToWmJNci3uevM4DuP6t3QIe/gBQg+1HSHe0PURphI0CkH/3QwngEc/bfwiG5K5UetcIgLHmnIQDes6qbzjo1neCYQAKTlQM3JyKib" +
  "wYMmvV1eu2z5smXLKrfDldBwZnamXqrJWTNCHgSwUgBsmeZ+C4TcQFNNDFBp0Qv5CCK62pus78YAbjhGK9tNREXpCsxQgUbGuP8RzVnLU/82mO3A8gi4sywtiRnDg5Ay6Qx/mTl4gwWc" +
  "JzSPqB5djjpxf94O/f2jaoaRDkylILlqB1rr3Pjy8aIzRMxWnnNoMWsdECd2TGNQAIxQgBQCCKoEIhJmlbmtFpTP1RmC2utGYcGVLhzm5x1wCBCCCg8ZYKEgVCrPM7VkCO0vAjJCATeX" +
  "UIdiK1BCByFKZv1sGDxQPwEfElyZF8yClgkwNWet1+YWThYqZt5Oa6pJZb1sm6vUdlurT+XM+r5mluA6kRFpVdyonEGNyl9UwKuGLbwwhUOyV8cHamhGhKdDedAtl+cxmbUW6hjKjx2C" +
  "jHZ8zKBPgCIV8PQNUw/YDnWBhheh4H3bBshjBxODXYjzDuNhOOrCZpN3EDbfCFfxedBWB9YVXAqsARRklqsWoNAk6GIs4em1QwQsHfhj0D0h8ZQZ2FBe7sftaoFxsg5xXcKRPJ5o1mvb" +
  "CJvchQdVP4l2zln5EK+FGa1Ew+V1MfDUSOKAGbOKO15Dm0/WUjqB59M2U3UNymY6OGoV2mFblGxWW+ZKQGHcjbhm8BOmr0Wb3br3Ksh4qC0FrWa1rkC+ItXlIg+SlHLT8lFl1mKizxYf" +
  "ba3EeQrAIn5YGPS8QbM8CKrxbIhb6ap8tJWnMhPwZEBIihJa17IY52Cti7ffr4u4Zx0P+coFvl7MlR/eYc0/iBpF459H1sGpvaNzX6LtAPNS2wHubOwAw1XtoJPBWgD1rC58H2gtfU+M" +
  "hitVca3zm/s2oGn/TAFEblQ5YBAsjI1cTEeHW79rP6ZsxspteQWw+kFo5JtikWH1gcBSGuu4wnC6Sj21VullXdnJYMNKpa28AMJ2qinEAd8wbMfJbV7sTCtSHjboXzuwAQCNhvEQ240R" +
  "fuhXgdvcIbLptkXOwcC0GEH4QltS28q7Dyx/YYbViNFr8X9VWaoGo8pOXXEGgzauWbuCN/StKx71+NKHDAs8GNd1APCu+jmMfq6LHxg5Fv444KHznJOGIz0p0pGB/sba06G2JpTAMPZo" +
  "8ly90kYMn3X0fQQdrznL6SatbV/d8f/V3V/R+C2o30/TU4zctm6yMPIjNyAjDQxoQevnjFL/+LwBoozL1FN94SdD3DDOqt979c7rtRsUl51omRVh7NcNL1j9Q2YFfrzW9JhhuFYh9ee6" +
  "OV3b3BIJcYH6ZyRYg7IxX1/agU3gj8+7wrGvl07jAQgAtrcdS5VfW69teajLRbszAK20H7XVveygba2zAcTftc1LN3ECM3ii1MYagK5+w17K5bC2hJ431A+TQwkFHn69qiNcNgLOBEtB" +
  "5AEI0W2B3nfQjj7q+mRnm7pVtYNNq15fz5PwA4mzKWKzWEZsDlrFoHgAGKimPHX9Wu5HItXTNOcROD3LrMMqB1054ERNhOATR8BIwyfLYUhkWsoMSYBOcyCDV6g0pxsdW0uRR1TvKqny" +
  "+xuFTQiRlnHXCmA6Rl6ecmr2VobeopkyIuZKcj6UkHZqxhkU9u9LDO/1jYYOKnDLwQx9gIzSGSCjtFkOBwoyRBBDKHDTIsvalPEvLeYR/3KSrxQR/qF4vsAwc61Sl99Hkq6yki4UVEdl" +
  "qh3KuMYtY5p6qUrpwlEUljvad6ltp8Bka8zeAlcYAeFjeK3B71AyAuhfabgmTJiR07Eyl5m2G7PUlyXP/7+0+X+XevFf6vzXS53//UFpgMEc7kZTFrf8TheJUHORWUpkN2n2m/qqs6ox" +
  "dl0PDLX4+e2icFN9uNdb2ReuNiVc5EWmrLbTRW7X8u9klFPPlItjjZLtl2im2R3jK8ZKsyZpzqvuLvoA1CjezXvFZnaqT+YUP91hTc7VOIMECpN2JZLvVTBtT84ZRbB2h01Mjn8irBFG" +
  "ARNSYVhiw3Gd3MsjmTyDAwlQTc1tjBJ2CAoNufpQEXmBAZwTYbNQnV/2/Yp3LeNkJVKOfm9IRUv3nh9muklJVLYnuHKUnDtqX8zWIIQpmaIR/YkHPeH5URRlQK9x+icsnuUWKt2OwMBA" +
  "fEQaifwBW+VFkKdGhmpSl+SimMWuilq0pM+uUE1IuFb5SY7TA/btG8GBSPoBIp1GjQLRO4XkbdirX3PBrXjOhaMKG5CAsUeHHB2r8bMoYrS4MLJp/wVeIILe0o0itFZLwPcr7b9gfQAf" +
  "MzG9ZJaYEnkHgkWayE2YOxOmPM4kKhCjzrEs2kYCBeXfhVzMzKwlhG4nhLjcOVoQ3XKTULmY5PiA8EsRCwcdjN42kwrjD1NxDTJpBe5/Cf8LQrpYjeTmEKM3vR3FX8boZBhalG286Z6o" +
  "OQMHifY/2vUIrnq5795YGbVvt/SxkwjRnAGHMvOQCf2vZBFAkfWRQDB5YeY0qkVNwnA0c5PIV+Z7/hrrgpLanyLVREY3yflP1IDK9NBYyQb8SosdM7jSLNJMdI3Z85URD6XvIH73okN4" +
  "iEcSxgxwk5aOiVwAQXKWkMekjt+jNV8IBx/7SVLvrze+20EAkTr/MSamTCY2R7L1VqqDo+ZIsd6E08ck0RQmbr6WmP/MJNo7l2wPdeq41Ji97T0yq2yANT9nGPCHPZ5g7OkvdPs/7flF" +
  "jAEigIrMTZxz0szD4elHfP7To/3nQhmJsEYZ5icJxgjLKiFeVUUj7W5quSEl/xFnFYlYeNBPXRx7Bbr0xhkKolFIYvXlQ1YeeXfDQbleIjMmQnqHh4DTtc92gdv/fgIwWbJhiG0KMWHI" +
  "COezzJCiTwwEOh1hJ9X+J+Y/x/ZonwRGV8i0YVMSpHj/n/hk8QmY3IXK7GuS/Of/AxbynBI=";
