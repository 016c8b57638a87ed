//! Pictures, written anew: decoded within limits and encoded again, so that neither the place where
//! they were taken (EXIF) nor anything that hides behind a picture is kept. Turned as the camera
//! says, since that is said there too. Colour profiles are left out with the rest.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, ImageResult, Limits, RgbImage, Rgba};

use super::Found;
use crate::domain::attachment::MediaType;

/// Telephones take up to 50 million points; a few kilobytes may claim more than any machine has.
const PIXELS_MAX_MILLIONS: u64 = 50;
const SIDE_MAX: u32 = 20_000;
/// What a decoder may take beside its picture: 50 million points of four bytes, and half as much.
const ALLOC_MAX_BYTES: u64 = 300 * 1024 * 1024;
/// High enough that writing in a photograph can be read.
const QUALITY: u8 = 88;
const PREVIEW_SIDE: u32 = 320;
const PREVIEW_QUALITY: u8 = 75;

/// Why a picture is not kept.
pub enum Fault {
    /// With the limit, for people.
    TooLarge(String),
    Broken,
}

/// A picture written anew.
pub struct Made {
    pub media_type: MediaType,
    pub bytes: Vec<u8>,
    pub preview: Vec<u8>,
}

/// Decodes and encodes again.
pub fn anew(bytes: &[u8], found: Found) -> Result<Made, Fault> {
    let reader = Cursor::new(bytes);
    let picture = match found {
        Found::Kept(MediaType::Png) => decoded(PngDecoder::new(reader)),
        Found::WebP => decoded(WebPDecoder::new(reader)),
        Found::Kept(_) => decoded(JpegDecoder::new(reader)),
    }?;
    let see_through = picture.color().has_alpha();
    // A small one is not enlarged.
    let preview = match picture.width().max(picture.height()) > PREVIEW_SIDE {
        true => on_white(&picture.thumbnail(PREVIEW_SIDE, PREVIEW_SIDE)),
        false => on_white(&picture),
    };
    let preview = jpeg(&preview.into(), PREVIEW_QUALITY)?;
    let is_png = found == Found::Kept(MediaType::Png) || see_through;
    let (media_type, bytes) = match is_png {
        true => (MediaType::Png, png(picture, see_through)?),
        false => (MediaType::Jpeg, jpeg(&picture.into_rgb8().into(), QUALITY)?),
    };
    Ok(Made { media_type, bytes, preview })
}

fn decoded(decoder: ImageResult<impl ImageDecoder>) -> Result<DynamicImage, Fault> {
    let mut decoder = decoder.map_err(|_| Fault::Broken)?;
    let (width, height) = decoder.dimensions();
    let points = u64::from(width) * u64::from(height);
    if points > PIXELS_MAX_MILLIONS * 1_000_000 || width.max(height) > SIDE_MAX {
        return Err(Fault::TooLarge(format!("{PIXELS_MAX_MILLIONS} MP")));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(ALLOC_MAX_BYTES);
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    decoder.set_limits(limits).map_err(|_| Fault::Broken)?;
    // A picture whose own word on it is broken stands as it is.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Fault::Broken)?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn png(picture: DynamicImage, see_through: bool) -> Result<Vec<u8>, Fault> {
    let picture: DynamicImage = match see_through {
        true => picture.into_rgba8().into(),
        false => picture.into_rgb8().into(),
    };
    let mut out = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut out)).map_err(|_| Fault::Broken)?;
    Ok(out)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, quality);
    picture.write_with_encoder(encoder).map_err(|_| Fault::Broken)?;
    Ok(out)
}

/// What can be seen through stands on white.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let rgba = picture.to_rgba8();
    let mut out = RgbImage::new(rgba.width(), rgba.height());
    for (to, Rgba([red, green, blue, alpha])) in out.pixels_mut().zip(rgba.pixels()) {
        let alpha = u32::from(*alpha);
        let mix = |colour: u8| {
            let mixed = (u32::from(colour) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        to.0 = [mix(*red), mix(*green), mix(*blue)];
    }
    out
}
